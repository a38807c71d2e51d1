"""The names that exports use for each field: the one table to extend when a service's headings are not understood.

Names are in lower case, without spaces and punctuation, so `Artist Name(s)` is `artistnames`. If a file has several
names of a field, the first one listed here is used.
"""

import re

NAMES = {
    "pid": ("pid",),
    "user": ("userid", "user", "owner", "username"),
    "playlist": (
        "playlistid",
        "playlisturi",
        "playlisturl",
        "playlistlink",
        "playlist",
        "playlistname",
        "playlisttitle",
    ),
    "playlist_name": ("playlistname", "playlisttitle", "playlist"),
    "pos": ("position", "pos", "trackposition", "index", "order"),
    "track_uri": (
        *("trackuri", "spotifyuri", "spotifytrackuri", "uri", "trackid", "spotifyid", "spotifytrackid"),
        *("identifier", "recording", "recordingmbid", "spotifyurl", "spotifylink", "trackurl", "tracklink"),
        *("url", "link", "songurl", "id", "songid"),
    ),
    "track_name": (
        *("trackname", "title", "tracktitle", "song", "songname", "songtitle", "recordingname", "tracktitle"),
        *("mastermetadatatrackname", "name", "titel", "titelname", "titulo", "nombredelacancion", "nombredelapista"),
        *(
            "titre",
            "nomdutitre",
            "titolo",
            "nomedelbrano",
            "nomedamusica",
            "nomedafaixa",
            "naamvannummer",
            "nazwautworu",
        ),
        *("название", "названиетрека", "曲名", "トラック名", "曲目名称", "트랙이름"),
    ),
    "artist_uri": ("artisturi", "artisturis", "artistid", "artistids"),
    "artist_name": (
        *("artistname", "artist", "artistnames", "artists", "trackartist", "creator", "performer", "singer", "band"),
        *("interpret", "kunstler", "künstler", "künstlername", "künstlernamen", "artista", "nombredelartista"),
        *("nombresdelosartistas", "artiste", "nomdelartiste", "nomsdesartistes", "nomeartista", "nomedoartista"),
        *("artiest", "naamartiest", "wykonawca", "исполнитель", "アーティスト", "アーティスト名", "艺术家", "아티스트"),
    ),
    "album_uri": ("albumuri", "albumid", "trackalbumid"),
    "album_name": ("albumname", "album", "trackalbumname", "albumtitle", "releasename", "release", "álbum", "альбом"),
    "duration_ms": ("durationms", "trackdurationms", "lengthms", "durationmillis", "totaltime"),
    "seconds": ("duration", "durationsec", "durationseconds", "seconds", "lengthseconds", "length", "time"),
    "kind": ("type", "kind", "itemtype"),
}

# Columns that only a listening history has: what was played when.
HISTORY = frozenset(
    (
        *("uts", "utctime", "endtime", "msplayed", "playedat", "listenedat", "scrobbletime", "ts"),
        *("datescrobbled", "eventstarttimestamp", "playdurationmilliseconds"),
    )
)

# Columns of audio features; a table with most of them and no titles is not a playlist.
FEATURES = frozenset(
    ("danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "valence")
)

# A row of such a kind is not a track.
NO_TRACKS = frozenset(("album", "artist", "show", "podcast", "episode", "audiobook", "video"))


def plain(name: object) -> str:
    """Returns a heading normalised as in the table."""
    return re.sub(r"[\W_]", "", str(name)).casefold()
