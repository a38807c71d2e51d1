"""What the OpenAPI document shows as a request, its answer and an error."""

from pydantic.config import JsonDict

REQUEST: JsonDict = {
    "count": 1,
    "terms": True,
    "songs": [
        {"id": "spotify:track:0VjIjW4GlUZAMYd2vXMi3b"},
        {
            "id": "my-demo-tape",
            "name": "First take",
            "artist": "Nobody yet",
            "features": {
                "danceability": 0.51,
                "energy": 0.73,
                "loudness": -5.9,
                "speechiness": 0.06,
                "acousticness": 0.01,
                "instrumentalness": 0.0,
                "liveness": 0.09,
                "valence": 0.33,
                "tempo": 171.0,
                "duration_ms": 200040,
                "key": 1,
                "mode": 1,
                "time_signature": 4,
            },
        },
        {"id": "spotify:episode:512ojhOuo1ktJprKbVcKyQ"},
    ],
}

ANSWER: JsonDict = {
    "model_version": "3f2a9c1b7d04",
    "source_nodes": [
        {
            "id": "spotify:track:0VjIjW4GlUZAMYd2vXMi3b",
            "track_name": "Blinding Lights",
            "track_artist": "The Weeknd",
            "resolved_by": "track",
        },
        {
            "id": "my-demo-tape",
            "track_name": "First take",
            "track_artist": "Nobody yet",
            "resolved_by": "features",
        },
    ],
    "recommendation_nodes": [
        {
            "id": "spotify:track:7qiZfU4dY1lWllzX7mPBI3",
            "score": 0.5625,
            "track_name": "Shape of You",
            "track_artist": "Ed Sheeran",
            "terms": {"seeds": [0.375, 0.125], "popularity": 0.0625},
        }
    ],
    "edges": [
        {
            "source": "spotify:track:0VjIjW4GlUZAMYd2vXMi3b",
            "target": "spotify:track:7qiZfU4dY1lWllzX7mPBI3",
            "weight": 0.375,
        },
        {"source": "my-demo-tape", "target": "spotify:track:7qiZfU4dY1lWllzX7mPBI3", "weight": 0.125},
    ],
    "unresolved": [{"id": "spotify:episode:512ojhOuo1ktJprKbVcKyQ", "reason": "a Spotify episode, not a track"}],
    "notices": [{"code": "unknown_songs", "detail": "Ignored, because they are unknown: 1 of 3 songs.", "count": 1}],
    "coverage": {"track": 1, "name": 0, "album": 0, "artist": 0, "features": 1, "unresolved": 1},
}

LINES: JsonDict = {"lines": ["1. The Weeknd - Blindign Lights", "Blinding Lights"]}

PROBLEM: JsonDict = {
    "type": "about:blank",
    "title": "The request is malformed",
    "status": 400,
    "detail": "/songs/0/id: Field required",
    "errors": [{"pointer": "/songs/0/id", "detail": "Field required"}],
    "errors_left_out": 0,
}
