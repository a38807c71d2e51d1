"""What the file of configs says holds for every run, wherever it is launched from."""

import dagster as dg
import pytest
from algorhythms_ask.blocking import BlockList

from algorhythms_assets import definitions
from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import GCN_WEIGHTS, PYG_GRAPH
from algorhythms_assets.definitions import defs
from algorhythms_assets.graph.assets import PygGraphRunConfig
from algorhythms_assets.model.config import GcnConfig
from algorhythms_assets.plan import CONFIGURABLE, configs, outdated
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Gives a function that writes the file, and returns settings that name it."""

    def written(text):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        monkeypatch.setenv("ALGORHYTHMS_CONFIG", str(path))
        return Settings(config=path, store=tmp_path / "store")

    return written


def test_a_run_that_says_nothing_has_the_files_values_and_one_that_does_has_its_own(file):
    file("gcn_weights: {epochs: 20, seed: 7}")

    @with_lasting_defaults(GCN_WEIGHTS)
    class RunConfig(GcnConfig, dg.Config):
        pass

    seen = []

    @dg.asset
    def trained(config: RunConfig):
        seen.append((config.epochs, config.seed, config.layers))

    assert dg.materialize([trained]).success
    typed = {"ops": {"trained": {"config": {"epochs": 3}}}}
    assert dg.materialize([trained], run_config=typed).success
    assert seen == [(20, 7, 2), (3, 7, 2)]
    # What the launchpad offers, and what is checked there.
    fields = trained.op.config_schema.config_type.fields
    assert (fields["epochs"].default_value, fields["layers"].default_value) == (20, 2)
    assert not dg.materialize(
        [trained], run_config={"ops": {"trained": {"config": {"epochs": 0}}}}, raise_on_error=False
    ).success
    # Nobody else's defaults change.
    assert GcnConfig().epochs == 12


def test_without_a_file_defaults_are_those_of_the_code():
    assert PygGraphRunConfig().neighbours == 30


def test_what_is_outdated_goes_by_the_file(file, demo):
    settings = file("evaluation_report: {resamples: 200}")
    here = {"store": demo.store.root, "playlists": str(demo.playlists), "features": demo.features}
    assert outdated(demo.store, Settings(**here, config=None)) == []
    assert outdated(demo.store, Settings(**here, config=settings.config)) == ["evaluation_report", "release"]


def test_an_index_is_configured_beside_where_it_is(file):
    chosen = configs(file("search_index: {neighbours: 5}"), BlockList())["search_index"]
    assert (chosen.index, chosen.neighbours) == ("embedded", 5)


def test_the_code_version_names_what_is_chosen(file, monkeypatch):
    monkeypatch.setattr(definitions, "configs", definitions.chosen(file("pyg_graph: {weighting: origin}")))
    changed = definitions._configured(dg.AssetSpec("pyg_graph", code_version="1"))
    assert changed.code_version == '1 {"weighting": "origin"}'
    same = definitions._configured(dg.AssetSpec("gcn_weights", code_version="4"))
    assert same.code_version == "4"


def test_everything_that_a_launchpad_offers_can_be_chosen():
    """But for what belongs to one run: overruling a verdict, letting a bad slice pass."""
    offered = {
        key.to_user_string()
        for asset in defs.assets
        if isinstance(asset, dg.AssetsDefinition)
        for key in asset.keys
        if getattr(asset.op.config_schema.config_type, "fields", None)
    }
    assert offered - {"release", "raw_playlists"} == set(CONFIGURABLE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gcn_weights: {epochs: 0}", "config.yaml: gcn_weights: epochs: Input should be greater than or equal to 1"),
        ("gcn_weights: {epoch: 9}", "gcn_weights has no epoch, but: dimension, layers, epochs"),
        ("edge_table: {blocks: 2}", "nothing can be chosen of edge_table, but of: graph_sample, pyg_graph"),
        ("gcn_weights: 12", "has to hold a section for each asset"),
        ("- gcn_weights", "has to hold a section for each asset"),
        ("a: b: c", "config.yaml, line 1 is no YAML"),
        ("gcn_weights: !!python/object/apply:os.system ['exit 1']", "is no YAML"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(file, text, told):
    settings = file(text)
    with pytest.raises(InputError) as error:
        configs(settings, BlockList())
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told(file, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.yaml cannot be read: No such file"):
        configs(Settings(config=tmp_path / "nowhere.yaml"), BlockList())


def test_an_empty_file_changes_nothing(file):
    settings = file("# nothing yet\n")
    assert configs(settings, BlockList()) == configs(settings.model_copy(update={"config": None}), BlockList())


def test_one_artifacts_section_is_none_of_anothers(file):
    assert configs(file("pyg_graph: {neighbours: 7}"), BlockList())[PYG_GRAPH.name].neighbours == 7
