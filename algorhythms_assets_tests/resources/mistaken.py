"""A payload whose input is missing."""

from algorhythms_assets.contracts import EDGE_TABLE, NoConfig
from algorhythms_assets.payload import run

if __name__ == "__main__":
    run(lambda work: {}, EDGE_TABLE, NoConfig)
