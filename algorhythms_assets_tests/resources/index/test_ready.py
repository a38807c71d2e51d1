"""What the last step of a training would fail on is said before the first."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from algorhythms_ask.connection import Connection, Database

from algorhythms_assets.deployments import resources
from algorhythms_assets.ingest.assets import track_metadata
from algorhythms_assets.resources.index.elastic import build_elastic, writer
from algorhythms_assets.resources.index.ready import UnreachableError, require_ready
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings
from algorhythms_assets_tests.services.nginx import PASSWORD, USER, running_nginx


def test_a_cluster_that_will_do_keeps_no_trace(elasticsearch_node, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", elasticsearch_node.url)
    assert require_ready().startswith("9.")
    assert list(Connection(Database(elasticsearch_node.url)).get("/tracks-probe-*/_mapping")) == []


def test_a_cluster_that_is_read_only_is_said(elasticsearch_node, monkeypatch):
    connection = Connection(Database(elasticsearch_node.url, timeout=20))

    def read_only(value):
        settings = json.dumps({"persistent": {"cluster.blocks.read_only": value}}).encode()
        connection.ask("PUT", "/_cluster/settings", settings)

    monkeypatch.setenv("DATABASE_URL", elasticsearch_node.url)
    read_only(True)
    try:
        with pytest.raises(InputError, match=r"takes no index: .*read-only"):
            require_ready()
    finally:
        read_only(None)


def test_a_certificate_that_is_not_trusted_names_the_setting_and_is_not_tried_again(
    elasticsearch_node, monkeypatch, tmp_path
):
    with running_nginx(elasticsearch_node.url, tmp_path) as (url, certificate):
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DATABASE_USER", USER)
        monkeypatch.setenv("DATABASE_PASS", PASSWORD)
        with pytest.raises(InputError, match=r"certificate.*DATABASE_CA_FILE"):
            require_ready()
        client = writer(Database(url, USER, PASSWORD))
        asked = []
        monkeypatch.setattr(client.transport, "perform_request", counted(asked, client.transport.perform_request))
        with pytest.raises(Exception, match="certificate"):
            build_elastic(client, "tracks-untrusted", [], 2, 1.0, "e", tmp_path)
        assert len(asked) == 1
        monkeypatch.setenv("DATABASE_CA_FILE", str(certificate))
        assert require_ready().startswith("9.")
        monkeypatch.setenv("DATABASE_PASS", "wrong")
        with pytest.raises(InputError, match="DATABASE_PASS"):
            require_ready()


def counted(asked, ask):
    def perform(*arguments, **options):
        asked.append(arguments)
        return ask(*arguments, **options)

    return perform


class Old(BaseHTTPRequestHandler):
    """Answers as the nodes API of an older Elasticsearch does."""

    version = "8.17.0"

    def do_GET(self):
        body = json.dumps({"nodes": {"n": {"version": self.version}}} if self.version else {"web": "page"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("version", "told"),
    [("8.17.0", "is Elasticsearch 8.17.0: the index needs 9 or newer"), (None, "as Elasticsearch does")],
)
def test_another_version_or_another_server_is_said(monkeypatch, version, told):
    monkeypatch.setattr(Old, "version", version)
    with HTTPServer(("127.0.0.1", 0), Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DATABASE_URL", f"http://127.0.0.1:{server.server_port}")
        try:
            with pytest.raises(InputError, match=told):
                require_ready()
        finally:
            server.shutdown()


@pytest.mark.parametrize(("deployment", "fails"), [("local", True), ("slurm", False)])
def test_the_first_step_of_a_training_says_it(monkeypatch, tmp_path, deployment, fails):
    """Where jobs build the index, only these have to reach the cluster."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("ALGORHYTHMS_INDEX", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError):
        require_ready()
    settings = Settings(store=tmp_path, index="http://127.0.0.1:9", deployment=deployment)
    given = resources(settings.model_copy(update={"deployment": "local"})) | {"settings": settings}
    done = dg.materialize([track_metadata], resources=given, raise_on_error=False)
    assert not done.success
    [failure] = [event for event in done.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert ("http://127.0.0.1:9" in said) is fails
    assert ("raw_playlists" in said) is not fails
