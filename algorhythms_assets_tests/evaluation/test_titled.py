import numpy as np
import pytest

from algorhythms_assets.evaluation.titled import titled, titles_table

ARTIST = np.arange(50)


class Reads:
    """Knows all answers where there is a title, and none without."""

    def rank(self, tasks):
        return [task.targets if task.title else np.array([49]) for task in tasks]


def test_titles_are_worth_what_they_add():
    lists = [(pid, np.arange(length, dtype=np.int32), "夜") for pid, length in enumerate((8, 3, 12))]
    report = titled(Reads(), lists, ARTIST, 100, 0)
    assert {name: found["playlists"] for name, found in report.items()} == {"K0": 3, "K1": 3, "K5": 2}
    for found in report.values():
        assert found["r_precision"] == {"with": pytest.approx(1), "without": 0, "difference": (1, 1)}
    lines = titles_table(report)
    assert (
        lines[2] == "| K0, 3 playlists | 1.0000 | 0.0000 | +1.0000 to +1.0000 | 1.0000 | 0.0000 | +1.0000 to +1.0000 |"
    )
    assert len({line.count("|") for line in lines[:-1]}) == 1


def test_without_titles_there_is_no_table():
    assert titled(Reads(), [], ARTIST, 100, 0) == {}
    assert titles_table({}) == []
    short = titled(Reads(), [(1, np.arange(1, dtype=np.int32), "a")], ARTIST, 100, 0)
    assert list(short) == ["K0"]
