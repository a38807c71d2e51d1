"""Draws a whole sample as arrays, for callers that write it in another format."""

from dataclasses import dataclass

import numpy as np

from algorhythms_assets.sample.catalogue import Catalogue, catalogue_size, make_catalogue
from algorhythms_assets.sample.names import CatalogueNames, Strings, name_catalogue, name_playlists
from algorhythms_assets.sample.playlists import Playlists, draw_playlists


@dataclass(frozen=True)
class Sample:
    """A catalogue, playlists of its tracks, and names for all of them; playlist_names is an object array of str."""

    catalogue: Catalogue
    catalogue_names: CatalogueNames
    playlists: Playlists
    playlist_names: Strings


def draw_sample(playlists: int = 2000, seed: int = 7) -> Sample:
    """A sample of that many playlists, the same for the same arguments.

    Raises ValueError naming the argument if playlists < 1 or seed < 0.
    """
    if playlists < 1:
        raise ValueError(f"playlists must be at least 1, not {playlists}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, but is {seed}")
    for_catalogue, for_playlists, for_catalogue_names, for_playlist_names = np.random.default_rng(seed).spawn(4)
    catalogue = make_catalogue(catalogue_size(playlists), for_catalogue)
    drawn = draw_playlists(catalogue, playlists, for_playlists)
    names = name_catalogue(catalogue, for_catalogue_names)
    return Sample(
        catalogue=catalogue,
        catalogue_names=names,
        playlists=drawn,
        playlist_names=name_playlists(drawn, names, for_playlist_names),
    )
