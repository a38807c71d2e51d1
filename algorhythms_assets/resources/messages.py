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
    """Follows a file of messages and waits for lines to be complete.

    Dagster's own reader takes a partial line for a whole one, so a message with a picture may be cut in two and the
    step fails. `handler` keeps what was reported, even if the payload fails. Without a `path` the file is temporary; an
    existing file is read from its beginning.
    """

    handler: dg.PipesMessageHandler

    def __init__(self, path: Path | None = None, look_every: float = _LOOK_EVERY_SECONDS) -> None:
        self._path = path
        self._look_every = look_every

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """Gives the payload a file to write to, and forwards its messages until the session ends."""
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
                # Checked before reading, so that what was written until then is still read.
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
            # A payload was killed in the middle of a message, or the disk was full, and another message followed.
            told = f"a message of the payload is corrupt and was skipped: {line[:80]!r} …"
            message = {"method": "log", "params": {"message": told, "level": "warning"}}
        self.handler.handle_message(message)

    def no_messages_debug_text(self) -> str:
        """Says where messages were looked for."""
        return f"Messages were looked for in {self._path or 'a temporary file'}."


def whole_lines(path: Path, position: int) -> Iterator[bytes]:
    """Yields the complete lines after the position.

    The file is reopened each time, because NFS only shows another node's writes after an open. Bytes that have not
    arrived yet read as zeros there: such a line is not complete either.
    """
    with path.open("rb") as file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n") or b"\0" in line:
                return
            yield line
