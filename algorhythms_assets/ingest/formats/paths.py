"""Artist, album and title from the path of a music file, by common naming schemes."""

import re
from typing import NamedTuple
from urllib.parse import unquote

# Separates artist and title: a dash of any length between spaces.
DASH = re.compile(r"\s+[-\u2010-\u2015\u2212]\s+")

_SUFFIX = re.compile(
    r"\.(?:mp[2-4]|m4[abpv]|aac|alac|flac|og[ag]|opus|wav|wave|aif[fc]?|wma|ape|mpc|wv|tta|dsf|dff|mka|mkv|webm|flv|avi|"
    r"ac3|amr|mid|midi|3gp|au|ra|spx|cda|mod|xm|it|s3m)$",
    re.IGNORECASE,
)
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRIVE = re.compile(r"^[A-Za-z]:$|^file:$")

# Folders named after neither an artist nor an album.
_NO_NAMES = re.compile(
    r"(?:my )?(?:music|musik|musique|musica|música|muziek|mp3s?|mp3_tagged|songs?|audio|media|itunes(?: media)?|"
    r"library|downloads?|desktop|documents|home|users?|storage|emulated|sdcard|sd|mnt|volumes|compilations?|soundtracks?|"
    r"various(?: artists)?|va|unknown(?: (?:artist|album))?|playlists?|\d+|\.{1,2}|[a-z]|)",
    re.IGNORECASE,
)

# "01 - ", "1. ", "03_", "1-02 ": but "99 Problems", "7 rings" and "1-800-273-8255" are titles.
_NUMBER = re.compile(r"^\s*(?:\d{1,3}\s*[-\u2013]\s+|\d{1,3}[.)]\s+|0\d[\s._-]+|\d-\d{2}\s+|\d{2}[.-](?=[^\W\d]))")
_NUMBER_OF_LIBRARY = re.compile(r"^\d{2}\s+(?=\S)")
# "[Album (2015) #04] Title"
_TRACK_OF_ALBUM = re.compile(r"^\[(?P<album>[^\]]*?)\s*#\d+\]\s*")


class Named(NamedTuple):
    """The names in a path; None where it has none."""

    artist: str | None
    album: str | None
    title: str | None


def without_suffix(name: str) -> str:
    """Returns the name without the suffix of a music file."""
    return _SUFFIX.sub("", name.strip()).strip()


def without_number(name: str) -> str:
    """Returns the name without a leading track number, unless nothing would be left."""
    return _NUMBER.sub("", name) or name


def song_of(path: str) -> Named:
    """Returns the artist, album and title in a path.

    Understands "Artist - Title.mp3" and "Artist/Album/01 - Title.mp3", with either kind of slash, as URLs, with track
    numbers, and with underscores instead of spaces.
    """
    folders = folders_of(path)
    if not folders:
        return Named(None, None, None)
    *folders, name = folders
    name = without_suffix(name)
    if "_" in name and " " not in name:
        name = name.replace("_", " ")
    artist, album = _folders(folders)
    numbered, name = name, without_number(name)
    if album and name == numbered:
        name = _NUMBER_OF_LIBRARY.sub("", name)
    parts = [part.strip() for part in DASH.split(name) if part.strip()]
    # "Artist - Album - 03 - Title": the part before the number is the album.
    numbers = [place for place in range(1, len(parts) - 1) if re.fullmatch(r"\d{1,3}", parts[place])]
    if numbers:
        place = numbers[0]
        artist = parts[0]
        album = " - ".join(parts[1:place]) or album
        parts = [artist, *parts[place + 1 :]]
    elif len(parts) > 2 and album is not None and parts[1] == album:
        del parts[1]
    if len(parts) > 1:
        artist = parts[0]
    title = " - ".join(parts[1:] if len(parts) > 1 else parts)
    of_album = _TRACK_OF_ALBUM.match(title)
    if of_album:
        album, title = of_album["album"] or album, title[of_album.end() :]
    return Named(artist, album, title or None)


def folders_of(path: str) -> list[str]:
    """Returns the parts of a path or file URL; nothing for the URL of a stream."""
    path = path.strip().strip('"')
    if path.lower().startswith("file:"):
        path = unquote(path[5:])
    elif _URL.match(path):
        return []
    return [part.strip() for part in re.split(r"[\\/]+", path) if part.strip() and not _DRIVE.match(part.strip())]


def _folders(folders: list[str]) -> tuple[str | None, str | None]:
    """Returns artist and album of "…/Artist/Album"; a single folder could be anything."""
    if len(folders) < 2 or _NO_NAMES.fullmatch(folders[-2]):
        return None, None
    album = None if _NO_NAMES.fullmatch(folders[-1]) else folders[-1]
    return folders[-2], album
