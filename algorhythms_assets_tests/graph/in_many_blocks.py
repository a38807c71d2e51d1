"""The payload edge_table, with few playlists cut into as many blocks as many are."""

from algorhythms_assets.contracts import EDGE_TABLE, NoConfig
from algorhythms_assets.graph import edge_table
from algorhythms_assets.payload import run

LEAST_PAIRS = 100_000

if __name__ == "__main__":
    edge_table.LEAST_PAIRS = LEAST_PAIRS
    run(edge_table.build, EDGE_TABLE, NoConfig)
