"""A program that says that it has started, and then waits; an interrupt is noted in a file."""

import os
import sys
import time
from pathlib import Path

from algorhythms_assets.resources.processes import end_with

end_with(int(os.environ["PARENT"]))
place = Path(os.environ["PLACE"])
try:
    (place / "process").write_text(str(os.getpid()))
    (place / "started").touch()
    time.sleep(60)
except KeyboardInterrupt:
    (place / "interrupted").touch()
    sys.exit(3)
