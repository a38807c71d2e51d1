"""Loading and verifying an index of real Elasticsearch."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from algorhythms_ask.connection import Connection, Database
from algorhythms_ask.elastic import ElasticIndex, document_id, encoded, stored
from algorhythms_ask.index import Document, IndexUnavailableError, NoSuchIndexError, Search
from algorhythms_ask.names import VERSION

from algorhythms_assets.resources.index import elastic
from algorhythms_assets.resources.index.elastic import NUM_CANDIDATES, build_elastic, longest, verify_elastic, writer
from algorhythms_assets.resources.index.embedded import IndexFaultError
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.services.elasticsearch import running_node

N, DIMENSION = 2000, 9
# No vector is longer.
LENGTH = 4.0


@pytest.fixture(scope="module")
def vectors():
    draw = np.random.default_rng(0)
    z = draw.normal(size=(N, DIMENSION - 1))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    popularity = np.sort(draw.exponential(0.3, size=(N, 1)), axis=0)[::-1]
    return np.hstack([z, popularity]).astype(np.float32)


@pytest.fixture
def client(elasticsearch_node):
    return writer(Database(elasticsearch_node.url))


@pytest.fixture
def connection(elasticsearch_node):
    return Connection(Database(elasticsearch_node.url, timeout=30))


def made(vectors, total=N):
    for i, vector in enumerate(vectors[:total]):
        yield Document(f"t{i}", "track", f"Name {i}", "Artist", None, N - i, vector), [f"t{i}"]
    # Nearer than any track, but only stands in for unknown ones. The second has lost its key to the first.
    far = np.full(DIMENSION, 9, np.float32)
    yield Document("a1", "artist", "Artist", "Artist", None, 1, far), ["a1", "artist:artist"]
    yield Document("a2", "artist", "ARTIST", "ARTIST", None, 1, far), ["a2", "artist:artist"]


def queries(vectors, coefficient=1.0):
    asked = vectors[:40].copy()
    asked[:, -1] = coefficient
    return {f"times {coefficient}": asked}


def probes(vectors):
    return {f"t{i}": vectors[i] for i in (0, 7, N - 1)}


def test_what_was_loaded_is_whole_and_finds_what_a_scan_finds(client, connection, vectors, tmp_path):
    count = build_elastic(client, "tracks-whole", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    assert count == N + 3
    asked = queries(vectors) | queries(vectors, -1.0) | queries(vectors, 3.0)
    measured = verify_elastic(client, connection, "tracks-whole", count, probes(vectors), vectors, asked)
    assert measured["num_candidates"] in NUM_CANDIDATES
    assert min(measured["recall"].values()) >= 0.95
    index = ElasticIndex(connection, "tracks-whole")
    assert (index.tracks, index.num_candidates) == (N, measured["num_candidates"])
    assert index.fetch(["artist:artist"])["artist:artist"].id == "a1"
    # One segment, though it was one before, and with a graph (`vex`): without, the search would be a scan.
    held = connection.get("/tracks-whole/_stats/segments,dense_vector")["_all"]["primaries"]
    assert held["segments"]["count"] == 1
    assert held["dense_vector"]["off_heap"]["total_vex_size_bytes"] > 0
    settings = connection.get("/tracks-whole/_settings")["tracks-whole"]["settings"]["index"]
    # One node: a copy would have nowhere to be. Elasticsearch refreshes by itself again.
    assert (settings["number_of_replicas"], settings.get("refresh_interval")) == ("0", None)


def test_verification_finds_what_is_wrong(client, connection, vectors, tmp_path):
    count = build_elastic(client, "tracks-wrong", made(vectors), DIMENSION, LENGTH, "e", tmp_path)

    def verify(documents=count, asked=probes(vectors), held=vectors, searched=queries(vectors)):  # noqa: B008
        verify_elastic(client, connection, "tracks-wrong", documents, asked, held, searched)

    verify()
    with pytest.raises(IndexFaultError, match=f"{count} documents, not {count + 1}"):
        verify(documents=count + 1)
    with pytest.raises(IndexFaultError, match=f"{N} tracks, not {N - 1}"):
        verify(held=vectors[1:])
    with pytest.raises(IndexFaultError, match="lacks t9999"):
        verify(asked={"t9999": vectors[0]})
    with pytest.raises(IndexFaultError, match="another vector of t1"):
        verify(asked={"t1": vectors[2]})
    # A scan of other vectors finds other tracks: the search seems to miss most of them.
    too_little = r"finds too little: recall@100 at 10000 candidates is 0\.\d+ for times .* ALGORHYTHMS_INDEX=embedded"
    with pytest.raises(InputError, match=too_little):
        verify(asked={}, held=vectors * 2)


def test_a_load_that_broke_off_goes_on_where_it_was(client, connection, vectors, tmp_path, monkeypatch):
    sent = []
    bulk = elastic._bulk

    def break_off(client, name, lines):
        if len(sent) == 2:
            raise KeyboardInterrupt
        sent.append(lines[0])
        bulk(client, name, lines)

    monkeypatch.setattr(elastic, "_bulk", break_off)
    with pytest.raises(KeyboardInterrupt):
        build_elastic(client, "tracks-broken", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    with pytest.raises(IndexUnavailableError, match="no finished index"):
        ElasticIndex(connection, "tracks-broken")
    rest = []
    monkeypatch.setattr(elastic, "_bulk", lambda *call: (rest.append(call[2][0]), bulk(*call)))
    count = build_elastic(client, "tracks-broken", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    assert [line["index"]["_id"] for line in rest] == ["t1000", "t1500", "a1"]
    verify_elastic(client, connection, "tracks-broken", count, probes(vectors), vectors, queries(vectors))


def test_less_popular_tracks_are_found_although_vectors_of_popular_ones_are_much_longer(client, connection, tmp_path):
    """A graph over the vectors as they are leads to the long ones: it finds 0.21 of the best at 250 candidates."""
    draw = np.random.default_rng(1)
    tracks, dimension = 8000, 33
    centres = draw.normal(size=(200, dimension - 1))
    z = centres[draw.integers(200, size=tracks)] + draw.normal(size=(tracks, dimension - 1))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    popularity = np.sort(draw.pareto(1.5, size=(tracks, 1)).clip(max=20), axis=0)[::-1]
    vectors = np.hstack([z, popularity]).astype(np.float32)
    asked = vectors[draw.integers(tracks, size=40)].copy()
    asked[:, -1] = -1
    documents = ((Document(f"t{i}", "track", None, None, None, 1, v), [f"t{i}"]) for i, v in enumerate(vectors))
    count = build_elastic(client, "tracks-popular", documents, dimension, longest(vectors), "e", tmp_path)
    measured = verify_elastic(client, connection, "tracks-popular", count, {}, vectors, {"less popular": asked})
    assert measured["num_candidates"] == 250


def test_an_index_of_the_version_before_is_read_until_it_is_replaced(
    client, connection, vectors, tmp_path, monkeypatch
):
    """Its vectors were not made equally long: an endpoint is updated before the release that it serves."""

    def unequal(document, length):
        return stored(document, length) | {"embedding": encoded(np.append(document.vector, np.float32(1)))}

    def mappings(*call):
        made = now(*call)
        made["properties"]["embedding"]["dims"] = DIMENSION + 1
        return made

    def best(name):
        index = ElasticIndex(connection, name)
        asked = [Search(vectors[5], 3), Search(-vectors[40], 3), Search(vectors[7], 3, raised={"Artist": 0.5})]
        found = index.nearest(asked, documents=True)
        # Scores of another order of summation.
        return [[(hit.id, round(hit.score, 4), hit.document.vector.tolist()) for hit in hits] for hits in found]

    tracks = [(document, keys) for document, keys in made(vectors, 600) if document.kind == "track"]
    build_elastic(client, "tracks-after", tracks, DIMENSION, LENGTH, "e", tmp_path)
    now = elastic._mappings
    monkeypatch.setattr(elastic, "_mappings", mappings)
    monkeypatch.setattr(elastic, "stored", unequal)
    build_elastic(client, "tracks-before", tracks, DIMENSION, LENGTH, "e", tmp_path)
    meta = client.indices.get_mapping(index="tracks-before")["tracks-before"]["mappings"]["_meta"]
    length = meta.pop("length")
    client.indices.put_mapping(index="tracks-before", meta=meta | {"longest": length})
    assert best("tracks-before") == best("tracks-after")


@pytest.mark.parametrize("version", [None, VERSION - 1, VERSION + 1])
def test_an_index_whose_names_are_of_another_version_is_refused(client, connection, vectors, tmp_path, version):
    build_elastic(client, "tracks-older", made(vectors, 10), DIMENSION, LENGTH, "e", tmp_path)
    assert ElasticIndex(connection, "tracks-older").tracks == 10
    meta = client.indices.get_mapping(index="tracks-older")["tracks-older"]["mappings"]["_meta"]
    client.indices.put_mapping(index="tracks-older", meta=meta | {"names": version})
    with pytest.raises(IndexUnavailableError, match="or another version's: materialize search_index again"):
        ElasticIndex(connection, "tracks-older")


def test_progress_of_an_index_that_is_gone_counts_for_nothing(client, connection, vectors, tmp_path):
    for _ in range(2):
        count = build_elastic(client, "tracks-gone", made(vectors, 600), DIMENSION, LENGTH, "e", tmp_path)
        verify_elastic(client, connection, "tracks-gone", count, {}, vectors[:600], queries(vectors))
        connection.ask("DELETE", "/tracks-gone")
    with pytest.raises(NoSuchIndexError, match="no index tracks-gone"):
        ElasticIndex(connection, "tracks-gone")


def test_a_node_that_dies_while_it_is_loaded_loses_nothing(vectors, tmp_path):
    with running_node(tmp_path, heap="512m") as node:
        database = Database(node.url, timeout=30)
        client, connection = writer(database), Connection(database)

        def restart():
            node.kill()
            node.start()

        def documents():
            for number, document in enumerate(made(vectors)):
                if number == 1200:
                    threading.Thread(target=restart).start()
                yield document

        count = build_elastic(client, "tracks-killed", documents(), DIMENSION, LENGTH, "e", tmp_path)
        verify_elastic(client, connection, "tracks-killed", count, probes(vectors), vectors, queries(vectors))


def full(connection, name, value):
    """Has the cluster block an index as it does above the flood-stage watermark of its disks, or lift that."""
    settings = json.dumps({"index.blocks.read_only_allow_delete": value}).encode()
    connection.ask("PUT", f"/{name}/_settings", settings)


def test_a_cluster_whose_disks_are_full_says_so_and_the_load_resumes_once_there_is_room(
    client, connection, vectors, tmp_path, monkeypatch
):
    monkeypatch.setattr(elastic, "_ATTEMPTS", 1)
    bulk, sent = elastic._bulk, []

    def send(*call):
        # Set just before: a node that looks at its disks meanwhile lifts it again.
        if len(sent) == 2:
            full(connection, "tracks-full", True)
        bulk(*call)
        sent.append(call)

    monkeypatch.setattr(elastic, "_bulk", send)
    with pytest.raises(IndexUnavailableError, match=r"flood-stage watermark.*make some, then materialize search_index"):
        build_elastic(client, "tracks-full", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    assert json.loads((tmp_path / "progress.json").read_text())["batches"] == 2
    full(connection, "tracks-full", None)
    monkeypatch.setattr(elastic, "_bulk", lambda *call: (sent.append(call), bulk(*call)))
    count = build_elastic(client, "tracks-full", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    assert len(sent) == 5
    verify_elastic(client, connection, "tracks-full", count, probes(vectors), vectors, queries(vectors))

    # What only reads goes on while the disks are full.
    index = ElasticIndex(connection, "tracks-full")
    before = index.nearest([Search(vectors[5], 3)])
    full(connection, "tracks-full", True)
    try:
        assert ElasticIndex(connection, "tracks-full").nearest([Search(vectors[5], 3)]) == before
    finally:
        full(connection, "tracks-full", None)


def test_a_cluster_that_does_not_merge_because_its_disks_are_nearly_full_is_waited_for(
    client, connection, vectors, tmp_path, monkeypatch, caplog
):
    def least_room(size, interval="1s"):
        settings = {"indices.merge.disk.watermark.high": size, "indices.merge.disk.check_interval": interval}
        connection.ask("PUT", "/_cluster/settings", json.dumps({"persistent": settings}).encode())

    merge = elastic._merge

    def halted(*call):
        least_room("1pb")
        time.sleep(2)
        merge(*call)

    def lift_once_told():
        deadline = time.monotonic() + 60
        while "has been merging" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.1)
        least_room("1b")

    caplog.set_level("INFO")
    monkeypatch.setattr(elastic, "_SAY_SECONDS", 1)
    monkeypatch.setattr(elastic, "_merge", halted)
    with ThreadPoolExecutor(1) as threads:
        lifted = threads.submit(lift_once_told)
        count = build_elastic(client, "tracks-unmerged", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
        lifted.result(timeout=60)
    least_room(None, None)
    assert "disks are nearly full waits until there is room" in caplog.text
    verify_elastic(client, connection, "tracks-unmerged", count, probes(vectors), vectors, queries(vectors))


def test_a_merge_that_the_cluster_has_forgotten_is_started_again(
    client, connection, vectors, tmp_path, monkeypatch, caplog
):
    """As after a restart of the node that merged."""
    merging, started = elastic._merging, []

    def forgotten(*call):
        started.append(merging(*call))
        return "nobody:1" if len(started) == 1 else started[-1]

    monkeypatch.setattr(elastic, "_merging", forgotten)
    count = build_elastic(client, "tracks-forgotten", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    assert "no longer knows of the merge of tracks-forgotten: it is started again" in caplog.text
    assert len(started) == 2
    verify_elastic(client, connection, "tracks-forgotten", count, probes(vectors), vectors, queries(vectors))


def test_an_index_that_is_deleted_while_it_is_loaded_is_said_and_loaded_anew(client, connection, vectors, tmp_path):
    def documents():
        for number, document in enumerate(made(vectors)):
            if number == 1200:
                connection.ask("DELETE", "/tracks-deleted")
            yield document

    with pytest.raises(IndexUnavailableError, match="was deleted while it was loaded: materialize search_index again"):
        build_elastic(client, "tracks-deleted", documents(), DIMENSION, LENGTH, "e", tmp_path)
    count = build_elastic(client, "tracks-deleted", made(vectors), DIMENSION, LENGTH, "e", tmp_path)
    verify_elastic(client, connection, "tracks-deleted", count, probes(vectors), vectors, queries(vectors))


def test_an_index_that_is_deleted_while_it_serves_is_none_until_it_is_there_again(
    client, connection, vectors, tmp_path
):
    build_elastic(client, "tracks-served", made(vectors, 600), DIMENSION, LENGTH, "e", tmp_path)
    index = ElasticIndex(connection, "tracks-served")
    asked = Search(vectors[5], 3)
    before = index.nearest([asked])
    connection.ask("DELETE", "/tracks-served")
    with pytest.raises(IndexUnavailableError, match="no such index"):
        index.nearest([asked])
    with pytest.raises(IndexUnavailableError, match="tracks-served"):
        index.fetch(["t5"])
    build_elastic(client, "tracks-served", made(vectors, 600), DIMENSION, LENGTH, "e", tmp_path)
    assert index.nearest([asked]) == before


def test_a_key_longer_than_elasticsearch_takes_is_found_all_the_same(client, connection, tmp_path):
    key = "album:" + "é" * 600
    zero = np.ones(2, np.float32)
    documents = [(Document("b", "album", "B", None, None, 1, zero), [key])]
    build_elastic(client, "tracks-long", documents, 2, 2.0, "e", tmp_path)
    index = ElasticIndex(connection, "tracks-long")
    assert index.fetch([key, key[:-1]])[key].id == "b"
    assert len(document_id(key)) < 512
    assert json.loads((tmp_path / "progress.json").read_text())["batches"] == 1


def test_documents_without_a_key_of_their_own_are_no_request(client, connection, vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(elastic, "_BATCH", 1)

    def ending_without_keys():
        yield from made(vectors[:3], 3)
        yield Document("nameless", "album", "Album", None, None, 1, vectors[0]), []

    assert build_elastic(client, "tracks-keyless", ending_without_keys(), DIMENSION, LENGTH, "e", tmp_path) == 6
    assert ElasticIndex(connection, "tracks-keyless").tracks == 3
