"""Reads what a payload reports through a file."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import dagster as dg
from dagster_pipes import PipesDefaultMessageWriter, PipesParams

_LOOK_EVERY_SECONDS = 0.05


class WholeLineReader(dg.PipesMessageReader):
    """Follows a file of messages and waits for the end of a line that is half written.

    Dagster's own reader takes what is there for a line, so a message with a picture may be cut in two and the step
    fails. `handler` keeps what was reported, also when the payload fails.
    """

    handler: dg.PipesMessageHandler

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """Gives the payload a file to write to, and hands its messages on until the session ends."""
        self.handler = handler
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "messages"
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
            with path.open("rb") as file:
                rest = b""
                while True:
                    # Asked before reading: what was written until then is read once more.
                    last = ended.is_set()
                    *lines, rest = (rest + file.read()).split(b"\n")
                    for line in lines:
                        self.handler.handle_message(json.loads(line))
                    if last:
                        return
                    time.sleep(_LOOK_EVERY_SECONDS)
        except Exception:
            self.handler.report_pipes_framework_exception(type(self).__name__, sys.exc_info())
            raise

    def no_messages_debug_text(self) -> str:
        """Says where messages were looked for."""
        return "Messages were looked for in a temporary file."
