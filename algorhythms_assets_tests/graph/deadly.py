"""The payload edge_table in many blocks, killed at the fifth as the system kills what takes too much memory."""

import os
import signal
import time
from pathlib import Path

from algorhythms_assets.contracts import EDGE_TABLE, NoConfig
from algorhythms_assets.graph import edge_table
from algorhythms_assets.payload import run
from algorhythms_assets.resources.store import Stamp
from algorhythms_assets_tests.graph.in_many_blocks import LEAST_PAIRS

FATAL = 5
_write_block = edge_table.write_block


def deadly(store: Path, folder: Path, stamp: Stamp, block: edge_table.Block) -> int:
    if block.number == FATAL:
        time.sleep(3)  # for what was reported to be read, and the blocks before to be reported
        os.kill(os.getpid(), signal.SIGKILL)
    # Another thread must not finish all of the others meanwhile.
    time.sleep(0.3)
    return _write_block(store, folder, stamp, block)


if __name__ == "__main__":
    edge_table.LEAST_PAIRS = LEAST_PAIRS
    edge_table.write_block = deadly
    run(edge_table.build, EDGE_TABLE, NoConfig)
