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
    """Prints the file's content as it grows, until the block ends. The file may appear later."""
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
        # Checked before reading, so that what was written until then is still shown.
        last = ended.wait(_LOOK_EVERY_SECONDS)
        try:
            while read := _read(log, position):
                position += len(read)
                sys.stdout.write(decoder.decode(read))
            sys.stdout.flush()
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            # The file system failed, or the output is closed: the job does not depend on either.
            continue


def _read(log: Path, position: int) -> bytes:
    """Reopens the file each time: NFS only shows another node's writes after an open."""
    with log.open("rb") as file:
        file.seek(position)
        return file.read(_MOST_AT_ONCE)
