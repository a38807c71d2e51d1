import pytest
from algorhythms_ask.keys import album_key, artist_key, fallback_keys
from algorhythms_ask.songs import Song, normalised, track_id
from hypothesis import given
from hypothesis import strategies as st

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORMS = [
    "{}",
    "  {}\n",
    "spotify:track:{}",
    "https://open.spotify.com/track/{}",
    "http://open.spotify.com/track/{}?si=0123456789abcdef",
    "https://open.spotify.com/intl-de/track/{}#t=30",
    "https://open.spotify.com/track/{}/",
]


@given(st.text(_LETTERS, min_size=22, max_size=22), st.sampled_from(_FORMS))
def test_every_form_of_a_spotify_track_gives_its_uri(identifier: str, form: str) -> None:
    assert track_id(form.format(identifier)) == f"spotify:track:{identifier}"


@given(st.text() | st.from_regex(r"spotify:[a-z]+:.*") | st.from_regex(r"https://open\.spotify\.com/.*"))
def test_a_full_identifier_stays_as_it_is(text: str) -> None:
    try:
        full = track_id(text)
    except ValueError:
        return
    assert track_id(full) == full


@pytest.mark.parametrize(
    "text", ["local:track:5f3c", "isrc:USUM71703861", "42", "tooshort", "x" * 23, "Ünïcode", "a\0b"]
)
def test_other_identifiers_stand_as_they_are(text: str) -> None:
    assert track_id(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("spotify:episode:512ojhOuo1ktJprKbVcKyQ", "a Spotify episode, not a track"),
        ("spotify:album:4yP0hdKOZPNshxUOjY0cZj", "a Spotify album, not a track"),
        ("https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M?si=1", "a Spotify playlist, not a track"),
        ("https://open.spotify.com/intl-fr/artist/1Xyo4u8uXC1ZmMpatF05PJ", "a Spotify artist, not a track"),
        ("spotify:track:short", "22 letters and digits"),
        ("spotify:track:0VjIjW4GlUZAMYd2vXMi3é", "22 letters and digits"),
        ("https://open.spotify.com/track/0VjIjW4GlUZAMYd2vXMi3b3b", "22 letters and digits"),
        (" \t", "an empty identifier"),
    ],
)
def test_what_cannot_be_a_track_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        track_id(text)


def test_names_are_compared_without_case_width_and_spacing() -> None:
    assert normalised("  ＡＢＢＡ \t Gold ") == "abba gold"
    assert normalised("STRASSE") == normalised("Straße")
    assert normalised("Beyonce\u0301") == normalised("Beyoncé")


def test_artists_and_albums_are_found_by_uri_or_name() -> None:
    assert artist_key("spotify:artist:1") == "spotify:artist:1"
    assert artist_key(" The  Sparks") == artist_key("the sparks")
    assert album_key("anyone", "spotify:album:1") == "spotify:album:1"
    assert album_key("THE SPARKS", "ember") == album_key("The Sparks", "Ember")


def test_an_album_title_alone_is_nobodys() -> None:
    assert album_key("Nina Blue", "Greatest Hits") != album_key("The Sparks", "Greatest Hits")
    assert album_key("a b", "c") != album_key("a", "b c")
    assert fallback_keys(Song("x", album="Greatest Hits")) == []


def test_the_album_stands_in_before_the_artist() -> None:
    assert fallback_keys(Song("x", artist="A", album="B")) == [("album", "album:a\nb"), ("artist", "artist:a")]
    assert fallback_keys(Song("x", album="spotify:album:1")) == [("album", "spotify:album:1")]
    assert fallback_keys(Song("x", name="N", artist="", album="")) == []
