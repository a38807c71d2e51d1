"""Evaluates the serving bundle and the search index on test playlists that nothing was trained on."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from algorhythms_ask.blocking import BlockList, without
from algorhythms_ask.index import IndexUnavailableError
from algorhythms_ask.recommend import Recommender
from algorhythms_ask.release import (
    CURRENT,
    NotServableError,
    index_reference,
    load_recommender,
    load_release,
    open_index,
    pointed,
)
from numpy.typing import NDArray

from algorhythms_assets.contracts import EVALUATION_REPORT, SEARCH_INDEX, SERVING_BUNDLE, TRACK_METADATA
from algorhythms_assets.evaluation.baselines import ItemKnn, Popularity
from algorhythms_assets.evaluation.beyond import by_length, by_popularity, profile
from algorhythms_assets.evaluation.calibration import calibration, outcomes, plot_reliability
from algorhythms_assets.evaluation.charted import charted
from algorhythms_assets.evaluation.comparison import TITLES, Method, interval, measure, summary, verdict
from algorhythms_assets.evaluation.config import EvaluationConfig
from algorhythms_assets.evaluation.embedding_map import embedding_map, plot_map
from algorhythms_assets.evaluation.markdown import markdown, plot_categories, plot_methods, plot_popularity
from algorhythms_assets.evaluation.served import Served
from algorhythms_assets.evaluation.titled import MOST_PLAYLISTS, titled
from algorhythms_assets.ingest.identities import identities
from algorhythms_assets.ingest.playlists import Playlists, load_names, load_snapshot
from algorhythms_assets.metrics import CATEGORIES, Task, cut
from algorhythms_assets.payload import Work, run
from algorhythms_assets.plots import picture
from algorhythms_assets.resources.store import InputError, digest, write_json
from algorhythms_assets.serving.blocked import BLOCKED_FILE, blocked_tracks, read_block_list
from algorhythms_assets.serving.placed import load_new_tracks

_PLOTS = ("methods", "categories", "popularity", "reliability", "map")
# How many playlists the chance of a recommendation is fitted to, and how many others it is checked on.
_CALIBRATED = 500
# A cluster has this time for 100 requests; listeners would not wait as long.
_PATIENT_SECONDS = 60


def build(work: Work[EvaluationConfig]) -> dict[str, Any]:
    """Evaluate what would be served on test playlists, along with popularity and item-kNN."""
    bundle, index_folder = work.store.path(SERVING_BUNDLE), work.store.path(SEARCH_INDEX)
    metadata = work.store.path(TRACK_METADATA)
    tracks = pq.read_table(metadata / "tracks.parquet")
    snapshot = load_snapshot(metadata)
    try:
        reference = index_reference(work.store.root, index_folder)
        recommender = load_recommender(bundle, open_index(work.store.root, reference, _PATIENT_SECONDS))
    except (NotServableError, IndexUnavailableError) as error:
        raise InputError(f"the bundle and index under evaluation cannot be served: {error}") from error
    blocked = read_block_list(index_folder / BLOCKED_FILE)
    # Blocked tracks are no method's hits, and no method can recommend them.
    gone = blocked_tracks(tracks, blocked)
    playlists = np.where(gone, 0, tracks["playlists"].to_numpy())
    new = load_new_tracks(work.store)[0]["track_uri"].to_pylist()
    served = Served(recommender, tracks, new)
    methods: dict[str, Method] = {
        "served": served,
        "popularity": Popularity(playlists),
        "item_knn": ItemKnn(snapshot.training.without(gone), tracks.num_rows),
    }
    test_buckets = json.loads((metadata / "snapshot.json").read_text(encoding="utf-8"))["split"]["test"]
    released = _released(work, bundle, index_folder, test_buckets, blocked)
    if released is not None:
        methods["released"] = served.by(released)
    test = snapshot.test.without(gone)
    chosen = np.argsort(test.buckets, kind="stable")[: work.config.playlists]
    tasks = _tasks(test, chosen)
    artist = artist_numbers(tracks)
    measured = {}
    for name, method in methods.items():
        progress = partial(work.progress, unit=f"playlists of a category by {TITLES[name]}")
        measured[name] = measure(method, tasks, artist, progress)
    new_shown, all_shown = served.shown.tolist()
    values = {name: of_method.values for name, of_method in measured.items()}
    lengths = np.array([len(test.distinct(int(i))) for i in chosen], np.int64)
    settings = (work.config.resamples, work.config.seed)
    evaluated = int((~np.isnan(values["served"]["ndcg"])).any(axis=1).sum())
    names = load_names(metadata)
    having = [] if recommender.titles is None else [i for i in chosen if int(test.pids[i]) in names][:MOST_PLAYLISTS]
    named = [(int(test.pids[i]), test.distinct(int(i)), names[int(test.pids[i])]) for i in having]
    differences = {
        name: {metric: interval(values["served"][metric] - other, *settings) for metric, other in others.items()}
        for name, others in values.items()
        if name != "served"
    }
    report: dict[str, Any] = {
        "version": digest(bundle.name, index_folder.name)[:12],
        "snapshot": work.stamp.snapshot,
        "test_buckets": test_buckets,
        "test_playlists": evaluated,
        "methods": {name: summary(of_method) for name, of_method in values.items()},
        "intervals": {
            name: {metric: interval(v, *settings) for metric, v in of_method.items()}
            for name, of_method in values.items()
        },
        "served_minus": differences,
        "beyond": {name: profile(of_method.top, playlists, artist) for name, of_method in measured.items()},
        "by_length": {name: by_length(v, lengths) for name, v in values.items()},
        "by_popularity": {
            name: by_popularity(of_method.found, of_method.wanted, playlists) for name, of_method in measured.items()
        },
        "new_tracks": {"tracks": len(new), "among the first ten": new_shown / all_shown if all_shown else 0.0},
        "chance": _chance(work, served, snapshot.validation.without(gone), tasks),
        "titles": titled(
            served, named, artist, *settings, partial(work.progress, unit="playlists with and without title")
        ),
        "gate": verdict(evaluated, differences),
    }
    for line in [*report["gate"]["reasons"], *report["gate"]["warnings"]]:
        work.log.warning(line)

    found = embedding_map(recommender, tracks)

    def write(folder: Path) -> None:
        write_json(folder / "report.json", report)
        plot_methods(report, folder / "methods.png")
        plot_categories(report, folder / "categories.png")
        plot_popularity(report, folder / "popularity.png")
        if report["chance"] is not None:
            plot_reliability(report["chance"], folder / "reliability.png")
        if found is not None:
            plot_map(found, folder / "map.png")
        pictures = "\n".join(f"![{name}]({name}.png)" for name in _PLOTS if (folder / f"{name}.png").is_file())
        (folder / "report.md").write_text(f"{markdown(report)}\n{pictures}\n", encoding="utf-8")

    place = work.write_folder(write)
    plots = {name: place / f"{name}.png" for name in _PLOTS}
    return {
        **{name: picture(path) for name, path in plots.items() if path.is_file()},
        "gate passed": report["gate"]["passed"],
        "report": {"raw_value": markdown(report), "type": "md"},
        **charted(report),
    }


def _tasks(playlists: Playlists, chosen: NDArray[np.intp]) -> dict[str, list[Task | None]]:
    """Returns the tasks of each category, of the chosen playlists."""
    return {
        category.name: [cut(int(playlists.pids[i]), playlists.distinct(int(i)), category) for i in chosen]
        for category in CATEGORIES
    }


def _chance(
    work: Work[EvaluationConfig], served: Served, validation: Playlists, test: Mapping[str, list[Task | None]]
) -> dict[str, Any] | None:
    """Returns how the chance of a recommendation is found from its score, fitted to validation playlists."""
    chosen = np.argsort(validation.buckets, kind="stable")[:_CALIBRATED]
    fitted, checked = (
        [task for of_category in tasks.values() for task in of_category[:_CALIBRATED] if task is not None]
        for tasks in (_tasks(validation, chosen), test)
    )
    progress = partial(work.progress, unit="playlists for the chance of a recommendation")
    return calibration(outcomes(served, fitted, progress), outcomes(served, checked, progress))


def artist_numbers(tracks: pa.Table) -> NDArray[np.int64]:
    """Returns a number for the artist of each track, int64 [tracks]; a track without an artist has its own."""
    codes = pc.dictionary_encode(identities(tracks, "artist").combine_chunks()).indices
    alone = np.arange(len(tracks)) + len(tracks)
    return np.where(codes.is_null(), alone, pc.fill_null(codes, 0))


def _released(
    work: Work[EvaluationConfig], bundle: Path, index: Path, test_buckets: list[int], blocked: BlockList
) -> Recommender | None:
    """Returns the current release if it is another version and comparable; otherwise logs why not.

    Its answers leave out what is blocked, as they do when it serves.
    """
    current = work.store.root / CURRENT
    if not current.is_file():
        return None
    try:
        about = pointed(current, current.read_bytes())
    except NotServableError as error:
        work.log.warning("not compared with what is released: %s", error)
        return None
    evaluated = [str(bundle.relative_to(work.store.root)), index_reference(work.store.root, index)]
    if [about["bundle"], about["index"]] == evaluated:
        return None
    if about.get("test_buckets") != test_buckets:
        # It may have been trained on today's test playlists.
        work.log.warning("not compared with the released %s: other playlists were held out then", about["version"])
        return None
    try:
        released = load_release(work.store.root, _PATIENT_SECONDS).recommender
        return released.on(without(released.index, blocked))
    except (NotServableError, IndexUnavailableError) as error:
        work.log.warning("not compared with the released %s, which cannot be served: %s", about["version"], error)
        return None


if __name__ == "__main__":
    run(build, EVALUATION_REPORT, EvaluationConfig)
