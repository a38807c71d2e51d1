"""The index keys of artists and albums, and the fallbacks for an unknown track."""

from algorhythms_ask.index import Called, Key
from algorhythms_ask.names import key, main_artist
from algorhythms_ask.songs import ARTIST_URI, Song, normalised

# Separators between several artists; the whole name comes first, for "Tyler, The Creator".
_BETWEEN = (",", ";", " & ", " x ", " X ", " / ")


def artist_key(artist: str) -> str:
    """Returns the index key of an artist given by URI or by name, with or without accents."""
    return artist if artist.startswith(ARTIST_URI) else f"artist:{_plain(artist)}"


def album_key(artist: str, album: str) -> str:
    """Returns the index key of an album given by URI, or by the names of the artist and the album.

    The title alone is not unique: many artists have "Greatest Hits".
    """
    # A plain name contains no line break, so the separator is unambiguous.
    return album if album.startswith("spotify:album:") else f"album:{_plain(artist)}\n{key(album) or normalised(album)}"


def fallback_keys(song: Song) -> list[tuple[str, Key]]:
    """Returns (kind, key) of the fallbacks for a track whose identifier is unknown, closest first.

    The track with the same title and artist; its album; its artist; the first of several artists.
    """
    keys: list[tuple[str, Key]] = []
    artist, album = song.artist, song.album
    if song.name and artist and not artist.startswith(ARTIST_URI):
        keys.append(("track", Called(song.name, artist)))
    if album and (artist or album.startswith("spotify:album:")):
        keys.append(("album", album_key(artist or "", album)))
    if artist:
        keys += [("artist", artist_key(name)) for name in dict.fromkeys((artist, *_first_of_several(artist)))]
    return keys


def _plain(artist: str) -> str:
    return main_artist(artist) or normalised(artist)


def _first_of_several(artist: str) -> list[str]:
    if artist.startswith(ARTIST_URI):
        return []
    return [first for sign in _BETWEEN if (first := artist.split(sign)[0].strip()) not in ("", artist)]
