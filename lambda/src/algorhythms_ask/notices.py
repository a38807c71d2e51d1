"""Notices in an answer about anything that did not go as requested."""

from algorhythms_ask.asked import songs_of
from algorhythms_ask.contract import Notice
from algorhythms_ask.recommend import Answer
from algorhythms_ask.requests import RecommendationsIn

_MOST_NAMED = 10
_LONGEST_NAMED = 50


def notices_of(request: RecommendationsIn, answer: Answer, unresolved: int) -> list[Notice]:
    """Returns the notices of an answer; `unresolved` is the number of its songs that could not be placed."""
    seeds = answer.resolution.seeds
    notices = []
    if not seeds and not answer.title_known:
        known = "None of the songs is known" if request.songs else "The title is unknown"
        # The weight of popularity may be zero or negative.
        popular = request.popularity > -0.5 and not answer.negative.seeds
        sentence = f"{known}: {'these are the most popular tracks' if popular else 'only the options count'}."
        notices.append(Notice(code="popular_tracks", detail=sentence, count=unresolved))
    elif unresolved:
        sentence = f"Ignored, because they are unknown: {unresolved} of {len(seeds) + unresolved} songs."
        notices.append(Notice(code="unknown_songs", detail=sentence, count=unresolved))
    if ignored := len(songs_of(request.negative).refused) + len(answer.negative.unresolved):
        sentence = f"Ignored, because they are unknown: {ignored} of the songs to move away from."
        notices.append(Notice(code="unknown_negative", detail=sentence, count=ignored))
    indirect = sum(seed.document is None for seed in seeds)
    if seeds and indirect == len(seeds):
        sentence = "None of the songs is known: their albums, artists or audio features are used instead."
        notices.append(Notice(code="low_confidence", detail=sentence, count=indirect))
    if request.title is not None and not answer.title_known:
        sentence = "Ignored, because it is unknown: the title."
        notices.append(Notice(code="unknown_title", detail=sentence, count=1))
    found = len(answer.recommendations)
    if found < request.count:
        sentence = f"{found} of {request.count} tracks: {_reason(request)}."
        notices.append(Notice(code="fewer_than_asked", detail=sentence, count=request.count - found))
    if unknown := list(request.model_extra or {}):
        names = ", ".join(name[:_LONGEST_NAMED] for name in unknown[:_MOST_NAMED])
        sentence = f"Ignored, because there are no such fields: {names}{', …' if len(unknown) > _MOST_NAMED else ''}."
        notices.append(Notice(code="unknown_fields", detail=sentence, count=len(unknown)))
    return notices


def _reason(request: RecommendationsIn) -> str:
    if request.cursor:
        return "this is the last page"
    options = [name for name in ("exclude", "max_per_artist", "collapse_versions") if getattr(request, name)]
    return f"there are no others with {' and '.join(options)}" if options else "there are no others"
