"""Taking music down and letting it back: what is written where, and what is refused."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import boto3
import dagster as dg
import pytest
from algorhythms_ask.blocking import BLOCKED, BlockList
from algorhythms_ask.releases import source

from algorhythms_assets.release import block_list
from algorhythms_assets.release.block_list import edit, listed, main, publish_block_list, rewrite
from algorhythms_assets.release.bucket import Bucket
from algorhythms_assets.release.jobs import block, unblock
from algorhythms_assets.resources.store import InputError, Store
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.conftest import uri
from algorhythms_assets_tests.services.s3 import bucket  # noqa: F401 (fixture)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def served(store):
    """What an endpoint reads."""
    return BlockList.parsed((store.root / BLOCKED).read_bytes(), BLOCKED)


def test_what_is_blocked_is_written_with_since_when_and_why(store):
    link = "https://open.spotify.com/track/" + uri("a").removeprefix("spotify:track:")
    edit(store, "block", [link, "x"], ["Nina Blue", "spotify:artist:1"], "asked to")
    edit(store, "block", ["x"], reason="again")
    assert served(store) == BlockList(frozenset({uri("a"), "x"}), frozenset({"Nina Blue", "spotify:artist:1"}))
    about = listed(store)
    assert about["tracks"]["x"]["reason"] == "asked to"
    assert about["artists"]["Nina Blue"]["since"].endswith("+00:00")
    edit(store, "unblock", [uri("a")], ["Nina Blue"], "settled")
    assert served(store) == BlockList(frozenset({"x"}), frozenset({"spotify:artist:1"}))
    history = [json.loads(line) for line in (store.root / "releases/blocked.jsonl").read_text().splitlines()]
    assert [(line["action"], line["reason"]) for line in history] == [
        ("block", "asked to"),
        ("block", "again"),
        ("unblock", "settled"),
    ]


@pytest.mark.parametrize(
    ("action", "tracks", "artists", "told"),
    [
        ("block", ["spotify:album:1"], [], "'spotify:album:1' is no track: a Spotify album"),
        ("block", [" "], [], "an empty identifier"),
        ("block", [], ["https://open.spotify.com/artist/1"], "is no artist: give a name"),
        ("block", [], [" "], "is no artist: give a name"),
        ("unblock", ["x", "y"], [], "not blocked: y; "),
        ("unblock", [], ["x"], "not blocked: x; "),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(store, action, tracks, artists, told):
    edit(store, "block", ["x"])
    before = (store.root / BLOCKED).read_bytes()
    with pytest.raises(InputError, match=told):
        edit(store, action, tracks, artists)
    assert (store.root / BLOCKED).read_bytes() == before
    assert list(listed(store)["tracks"]) == ["x"]


def test_there_is_a_bound_and_it_is_told_what_to_do(store, monkeypatch):
    monkeypatch.setattr(block_list, "MOST", 2)
    edit(store, "block", ["a"], ["b"])
    with pytest.raises(InputError, match="3 tracks and artists would be blocked, of 2 at most: block artists instead"):
        edit(store, "block", ["c"])
    assert len(served(store)) == 2


@pytest.mark.parametrize("damage", [lambda path: path.write_text("{"), lambda path: path.unlink()])
def test_a_damaged_or_lost_list_comes_back_from_its_history(store, damage):
    edit(store, "block", ["x"])
    damage(store.root / BLOCKED)
    assert rewrite(store) == served(store) == BlockList(frozenset({"x"}))
    (store.root / "releases/blocked.jsonl").write_text('{"at')
    with pytest.raises(InputError, match=r"blocked\.jsonl cannot be read"):
        rewrite(store)


def test_a_release_has_a_list_beside_it_and_changes_none(store):
    publish_block_list(store, None)
    assert served(store) == BlockList()
    # Whoever writes it by hand is not overruled.
    (store.root / BLOCKED).write_text('{"tracks": ["x"], "artists": []}')
    publish_block_list(store, None)
    assert len(served(store)) == 1


def test_on_the_terminal(store, capsys, monkeypatch):
    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["block_list", *arguments, "--store", str(store.root)])
        return main()

    assert run() == 0
    assert capsys.readouterr().out == "nothing is blocked\n"
    assert run("block", "--track", "x", "--artist", "Nina Blue", "--reason", "asked to") == 0
    assert capsys.readouterr().out.startswith(
        "1 tracks and 1 artists are blocked\n  the current release could not be checked for them"
    )
    assert run() == 0
    assert [line.partition("  since")[0] for line in capsys.readouterr().out.splitlines()] == [
        "track  x",
        "artist  Nina Blue",
    ]
    assert run("unblock", "--track", "y") == 1
    assert capsys.readouterr().err.startswith("block_list: not blocked: y")
    with pytest.raises(SystemExit):
        run("block")


def test_a_misspelt_store_is_told_and_not_made(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["block_list", "--store", str(tmp_path / "misspelt")])
    assert main() == 1
    assert capsys.readouterr().err == f"block_list: there is no store {tmp_path / 'misspelt'}\n"
    assert list(tmp_path.iterdir()) == []


def executed(job: dg.JobDefinition, store: Store, **config: object) -> dg.ExecuteInProcessResult:
    [node] = job.graph.node_dict
    resources = {"compute": SimpleNamespace(store=store), "settings": Settings(), "s3": None}
    return job.execute_in_process(
        run_config={"ops": {node: {"config": config}}}, resources=resources, raise_on_error=False
    )


def test_from_the_ui(store):
    result = executed(block, store, tracks=["x"], artists=["Nina Blue"], reason="asked to")
    [event] = [event for event in result.all_events if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION]
    observation = event.asset_observation_data.asset_observation
    assert observation.description == "blocked: x, Nina Blue"
    assert observation.metadata["reason"].value == "asked to"
    assert executed(unblock, store, tracks=["x"]).success
    assert served(store) == BlockList(artists=frozenset({"Nina Blue"}))
    for mistaken in (executed(unblock, store, tracks=["x"]), executed(block, store)):
        assert not mistaken.success


def test_endpoints_that_read_the_bucket_leave_it_out(
    store,
    bucket: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODEL_BUCKET", bucket)
    monkeypatch.setenv("RELEASE_KEY", "live/releases/current.json")
    holder = Bucket(boto3.client("s3"))
    found: Callable[[], tuple[str, bytes | None]] = source().block_list
    assert found() == (f"s3://{bucket}/live/releases/blocked.json", None)
    edit(store, "block", ["x"], bucket=holder)
    assert found()[1] == holder.block_list()
    boto3.client("s3").delete_object(Bucket=bucket, Key="live/releases/blocked.json")
    publish_block_list(store, holder)
    assert BlockList.parsed(found()[1] or b"", BLOCKED) == served(store)
    # What the bucket refuses is not blocked, and says so; done again it is.
    monkeypatch.setenv("MODEL_BUCKET", "nowhere")
    with pytest.raises(InputError, match="s3://nowhere does not take"):
        edit(store, "block", ["y"], bucket=Bucket(boto3.client("s3")))
    assert served(store) == BlockList(frozenset({"x"}))
    assert edit(store, "block", ["y"], bucket=holder) == BlockList(frozenset("xy"))
