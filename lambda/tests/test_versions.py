import pytest
from algorhythms_ask.versions import song


@pytest.mark.parametrize(
    "title",
    [
        "Get Lucky - Radio Edit",
        "Get Lucky (feat. Somebody & Others) - Radio Edit",
        "Get Lucky - Live",
        "get lucky [Live at the Arena]",
        "Get Lucky feat. Somebody",
        "Get Lucky (with Somebody)",
        "Get Lucky - 2011 Remaster",
        "Get Lucky (Remastered)",
        "Get Lucky (2011)",
        "Gét Lucky",
    ],
)
def test_versions_of_a_song_are_one(title: str) -> None:
    assert song(title, "Daft Punk") == song("Get Lucky", "DAFT PUNK feat. Somebody") is not None


@pytest.mark.parametrize(
    "title", ["Get Lucky - Somebody Remix", "Get Lucky, Pt. 2", "Get Lucky (Karaoke)", "Get Lucky (Part Two)", "Lucky"]
)
def test_other_songs_are_others(title: str) -> None:
    assert song(title, "Daft Punk") != song("Get Lucky", "Daft Punk")


def test_a_title_that_looks_like_a_version_is_a_title() -> None:
    assert song("Live and Let Die", "Wings") != song("Die", "Wings")
    assert song("(Live)", "Wings") is not None
    assert song("1999", "Prince") != song("1984", "Prince")
    assert song("Help!", "The Beatles") == song("Help! - Remastered 2009", "Beatles")
    assert song("Help!", "Somebody Else") != song("Help!", "Beatles")


@pytest.mark.parametrize(("title", "artist"), [(None, "x"), ("x", None), ("", "x"), ("'", "x"), ("x", '"')])
def test_without_names_nothing_is_a_version(title: str | None, artist: str | None) -> None:
    assert song(title, artist) is None
