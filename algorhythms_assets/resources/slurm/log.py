"""Shows a job's output while it is written, as if its step had printed it."""

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

_LOOK_EVERY_SECONDS = 1.0
_MOST_AT_ONCE = 1 << 20


@contextmanager
def tailing(log: Path) -> Iterator[None]:
    """Prints what the file holds and gets, until the block ends. The file may come later."""
    ended = Event()
    thread = Thread(target=_tail, args=(log, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tail(log: Path, ended: Event) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    position = 0
    last = False
    while not last:
        # Asked before reading, so that what came until then is still shown.
        last = ended.wait(_LOOK_EVERY_SECONDS)
        try:
            while read := _read(log, position):
                position += len(read)
                sys.stdout.write(decoder.decode(read))
            sys.stdout.flush()
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            # Of a file system in trouble, or of an output that is closed: the job does not depend on either.
            continue


def _read(log: Path, position: int) -> bytes:
    """Opened anew each time: NFS shows what another node wrote to those who open a file."""
    with log.open("rb") as file:
        file.seek(position)
        return file.read(_MOST_AT_ONCE)
