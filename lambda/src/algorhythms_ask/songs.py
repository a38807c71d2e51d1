"""Songs in requests, and the identifiers of their tracks."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

ARTIST_URI = "spotify:artist:"

_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_SPOTIFY_URI = re.compile(r"spotify:(?P<kind>[a-z]+):(?P<id>.+)", re.IGNORECASE)
_SPOTIFY_URL = re.compile(
    r"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?:embed/)?"
    r"(?P<kind>[a-z]+)/(?P<id>[^/?#]+)(?:[/?#].*)?",
    re.IGNORECASE,
)
# A listener's local file, which Spotify identifies by artist, album, title and seconds.
_SPOTIFY_LOCAL = re.compile(
    r"spotify:local:(?P<artist>[^:]*):(?P<album>[^:]*):(?P<title>[^:]*)(?::(?P<seconds>\d*))?", re.IGNORECASE
)


@dataclass(frozen=True)
class Song:
    """A seed as given in the request; `id` is already canonical (see `track_id`)."""

    id: str
    name: str | None = None
    artist: str | None = None
    album: str | None = None
    features: Mapping[str, Any] | None = None


def track_id(text: str) -> str:
    """Returns the full identifier of a track.

    Spotify's tracks may be given as URI, link or the bare 22 characters. A listener's local file, which Spotify
    identifies by artist and title, gets the same identifier as any song without one. Anything else is unchanged.

    Raises:
        ValueError: it is Spotify's, but malformed or not a track. The message says which.
    """
    text = text.strip()
    if not text:
        raise ValueError("an empty identifier")
    local = local_song(text)
    if local is not None:
        return local.id
    match = _SPOTIFY_URI.fullmatch(text) or _SPOTIFY_URL.fullmatch(text)
    if match is None:
        return f"spotify:track:{text}" if _SPOTIFY_ID.fullmatch(text) else text
    kind = match["kind"].lower()
    if kind != "track":
        raise ValueError(f"a Spotify {kind}, not a track")
    if not _SPOTIFY_ID.fullmatch(match["id"]):
        raise ValueError("not a Spotify track: its identifier must be 22 letters and digits")
    return f"spotify:track:{match['id']}"


def local_song(uri: str) -> Song | None:
    """Returns the song that `spotify:local:<artist>:<album>:<title>:<seconds>` names; None for any other text.

    Raises:
        ValueError: it has no title.
    """
    match = _SPOTIFY_LOCAL.fullmatch(uri.strip())
    if match is None:
        return None
    artist, album, title = (unquote_plus(match[part]).strip() for part in ("artist", "album", "title"))
    if not title:
        raise ValueError("a local file without a title")
    return Song(local_track(artist, title, album), title, artist or None, album or None)


def local_track(artist: str, title: str, place: str = "") -> str:
    """Returns `local:track:<hash>` of the normalised artist and title; `place` replaces a missing artist."""
    known = normalised(artist)
    # A normalised name contains no line break, so the separator is unambiguous.
    identity = f"{known}\n{normalised(title)}" if known or not place else f"\n{normalised(title)}\n{place}"
    return f"local:track:{hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()}"


def normalised(name: str) -> str:
    """Returns the name normalised for comparison: Unicode NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
