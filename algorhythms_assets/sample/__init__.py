"""Invented playlists in the format of the Million Playlist Dataset, for demos, tests and benchmarks.

`draw_sample` returns arrays, `write_sample` writes them as files. Both depend only on their arguments: the same
numbers give the same bytes. No name, identifier or figure is copied from the real data set.
"""

from algorhythms_assets.sample.draw import Sample, draw_sample
from algorhythms_assets.sample.slices import write_sample

__all__ = ["Sample", "draw_sample", "write_sample"]
