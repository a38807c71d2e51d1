"""What the workflow hands to sam, for settings that are there, empty, or hold a space."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from algorhythms_ask.page import policy

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())


class _Template(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they hold."""


def _short_form(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


_Template.add_multi_constructor("!", _short_form)
TEMPLATE = yaml.load((ROOT / "lambda/template.yaml").read_text(), _Template)

_RECORDS = """#!{python}
import json, sys
json.dump(sys.argv[1:], open({out!r}, "w"))
"""


@pytest.fixture
def overrides(tmp_path: Path) -> Callable[..., list[str]]:
    """Runs the deployment with a sam that only notes what it is asked for; returns the parameters."""
    [step] = [step for step in WORKFLOW["jobs"]["deploy"]["steps"] if step.get("name") == "deploy"]
    sam, out = tmp_path / "sam", tmp_path / "asked.json"
    sam.write_text(_RECORDS.format(python=sys.executable, out=str(out)))
    sam.chmod(0o755)

    def deploy(**settings: str) -> list[str]:
        environment = dict.fromkeys(step["env"], "") | settings | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, check=True)
        asked: list[str] = json.loads(out.read_text())
        return asked[asked.index("--parameter-overrides") + 1 :]

    return deploy


def test_empty_settings_are_handed_on_as_empty(overrides: Callable[..., list[str]]) -> None:
    asked = overrides(MODEL_BUCKET="models")
    assert 'ModelBucket="models"' in asked
    # sam takes `Name=` for no parameter at all.
    assert 'DatabaseUser=""' in asked
    assert all(parameter.endswith('"') for parameter in asked)


def test_a_space_ends_no_setting(overrides: Callable[..., list[str]]) -> None:
    asked = overrides(ALLOWED_ORIGINS="https://a.example, https://b.example")
    assert 'AllowedOrigins="https://a.example, https://b.example"' in asked


def test_the_workflow_and_the_template_know_the_same_parameters(overrides: Callable[..., list[str]]) -> None:
    asked = {parameter.partition("=")[0] for parameter in overrides()}
    # These go with the zips, or are seldom changed.
    assert asked == {*TEMPLATE["Parameters"]} - {"Architecture", "Runtime", "LogDays"}


def test_every_variable_stands_in_the_documentation() -> None:
    documented = (ROOT / "docs/deploy.md").read_text()
    [step] = [step for step in WORKFLOW["jobs"]["deploy"]["steps"] if step.get("name") == "deploy"]
    for name in {*step["env"]} - {"STACK"}:
        assert f"`{name}`" in documented, name


def test_the_function_may_read_releases_and_no_more() -> None:
    [policy] = TEMPLATE["Resources"]["Function"]["Properties"]["Policies"]
    allowed = next(statement for statement in policy["Statement"] if statement["Action"] == "s3:GetObject")
    whole, *parts = allowed["Resource"]
    assert whole.endswith("${ModelBucket}/${ReleaseKey}")
    assert [name.partition("${Prefix}")[2] for name, _ in parts] == ["releases/blocked.json", "serving_bundle/*"]
    for name, prefix in parts:
        assert name.partition("${Prefix}")[0].endswith("${ModelBucket}/")
        assert prefix == {"Prefix": [0, ["releases/current.json", "ReleaseKey"]]}


def test_cloudfront_says_of_the_page_what_the_server_says() -> None:
    headers = TEMPLATE["Resources"]["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    told = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"].strip()
    endpoint = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    assert dict(rule.split(" ", 1) for rule in told.split("; ")) == dict(
        rule.split(" ", 1) for rule in policy(endpoint).split("; ")
    )


def test_the_page_is_uploaded_with_its_address_and_how_long_it_is_kept(tmp_path: Path) -> None:
    [step] = [step for step in WORKFLOW["jobs"]["deploy"]["steps"] if step.get("name") == "upload the page"]
    aws, calls = tmp_path / "aws", tmp_path / "calls"
    aws.write_text(f"""#!/bin/bash
case "$*" in
*EndpointUrl*) echo https://api.example.org;;
*PageBucketName*) echo pages;;
*) echo "$*" >> {calls};;
esac
""")
    aws.chmod(0o755)
    (tmp_path / "web" / "dist" / "assets").mkdir(parents=True)
    environment = {"STACK": "s", "SPOTIFY_CLIENT_ID": "", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, cwd=tmp_path, check=True)
    config = json.loads((tmp_path / "web" / "dist" / "config.json").read_text())
    assert config == {"endpoint": "https://api.example.org", "spotify_client_id": ""}
    assets, others = calls.read_text().splitlines()
    assert assets.startswith("s3 cp web/dist/assets s3://pages/assets ")
    assert "immutable" in assets
    assert others.startswith("s3 cp web/dist s3://pages ")
    assert others.endswith("--exclude assets/* --cache-control no-cache")
