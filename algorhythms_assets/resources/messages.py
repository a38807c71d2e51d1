"""Reads what a payload reports through a file."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import dagster as dg
from dagster_pipes import PipesDefaultMessageWriter, PipesParams

_LOOK_EVERY_SECONDS = 0.05


class WholeLineReader(dg.PipesMessageReader):
    """Follows a file of messages and waits for the end of a line that is half written.

    Dagster's own reader takes what is there for a line, so a message with a picture may be cut in two and the step
    fails. `handler` keeps what was reported, also when the payload fails. Without a `path` the file is a temporary one;
    a file that is there already is read from its beginning.
    """

    handler: dg.PipesMessageHandler

    def __init__(self, path: Path | None = None, look_every: float = _LOOK_EVERY_SECONDS) -> None:
        self._path = path
        self._look_every = look_every

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """Gives the payload a file to write to, and hands its messages on until the session ends."""
        self.handler = handler
        with ExitStack() as stack:
            path = self._path or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "messages"
            path.touch()
            ended = Event()
            thread = Thread(target=self._follow, args=(path, ended), daemon=True)
            thread.start()
            try:
                yield {
                    PipesDefaultMessageWriter.FILE_PATH_KEY: str(path),
                    PipesDefaultMessageWriter.INCLUDE_STDIO_IN_MESSAGES_KEY: False,
                }
            finally:
                ended.set()
                thread.join()

    def _follow(self, path: Path, ended: Event) -> None:
        try:
            position = 0
            while True:
                # Asked before reading: what was written until then is read once more.
                last = ended.is_set()
                for line in whole_lines(path, position):
                    position += len(line)
                    self._handle(line)
                if last:
                    return
                ended.wait(self._look_every)
        except Exception:
            self.handler.report_pipes_framework_exception(type(self).__name__, sys.exc_info())
            raise

    def _handle(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            # A payload that was killed amid a message, or a disk that ran full, and another message behind it.
            told = f"a message of the payload came mutilated and is left out: {line[:80]!r} …"
            message = {"method": "log", "params": {"message": told, "level": "warning"}}
        self.handler.handle_message(message)

    def no_messages_debug_text(self) -> str:
        """Says where messages were looked for."""
        return f"Messages were looked for in {self._path or 'a temporary file'}."


def whole_lines(path: Path, position: int) -> Iterator[bytes]:
    """Yields the lines behind the position that are whole.

    The file is opened anew each time, because NFS shows what another node has written to those who open a file. There,
    bytes that have not arrived yet read as zeros: such a line is not whole either.
    """
    with path.open("rb") as file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n") or b"\0" in line:
                return
            yield line
