"""What is blocked (see `algorhythms_ask.blocking`), as a mask over tracks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from algorhythms_ask.blocking import BLOCKED, BlockList, BlockListError
from algorhythms_ask.names import artist_keys
from numpy.typing import NDArray

from algorhythms_assets.resources.store import InputError, Store

# In the folder of an index: what it was built without.
BLOCKED_FILE = "blocked.json"


def block_list(store: Store) -> BlockList:
    """Returns what is blocked now.

    Raises:
        InputError: the list is damaged.
    """
    return read_block_list(store.root / BLOCKED)


def read_block_list(path: Path) -> BlockList:
    """Returns the list in a file; an empty one if there is no file.

    Raises:
        InputError: it is damaged.
    """
    try:
        return BlockList.parsed(path.read_bytes(), str(path))
    except FileNotFoundError:
        return BlockList()
    except BlockListError as error:
        raise InputError(str(error)) from None


def blocked_tracks(tracks: pa.Table, blocked: BlockList) -> NDArray[np.bool_]:
    """Returns which rows of a table of tracks are blocked, by track or by artist: bool [tracks]."""
    names = pc.dictionary_encode(tracks["artist_name"].combine_chunks())
    keys = blocked.artist_keys
    of_name = [bool(keys and name and keys & artist_keys(name)) for name in names.dictionary.to_pylist()]
    found: NDArray[np.bool_] = np.array([*of_name, False])[pc.fill_null(names.indices, -1).to_numpy()]
    for column, values in (("track_uri", blocked.tracks), ("artist_uri", blocked.artist_uris)):
        found |= pc.is_in(tracks[column], pa.array(sorted(values), pa.string())).to_numpy()
    return found
