"""Lasting configs of assets: the YAML file in ALGORHYTHMS_CONFIG applies to every run that does not override it.

The file has a section for each asset, with the fields that Dagster's launchpad shows for it:

    gcn_weights:
      epochs: 20
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from algorhythms_assets.contracts import Artifact
from algorhythms_assets.resources.store import InputError
from algorhythms_assets.settings import Settings

C = TypeVar("C", bound=BaseModel)


def sections(file: Path | None) -> dict[str, dict[str, Any]]:
    """Returns the sections of the file by asset; an empty dictionary without a file.

    Raises:
        InputError: it cannot be read, or is not a mapping of mappings.
    """
    if file is None:
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise InputError(f"ALGORHYTHMS_CONFIG: {file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"ALGORHYTHMS_CONFIG: {file}{where} is no YAML") from None
    if not isinstance(content, dict) or not all(isinstance(section, dict) for section in content.values()):
        raise InputError(
            f"ALGORHYTHMS_CONFIG: {file} has to hold a section for each asset, e.g. gcn_weights: {{epochs: 20}}"
        )
    return content


def lasting(kind: type[C], artifact: str, file: Path | None) -> C:
    """Returns the config of an asset for runs that do not override it: the file's values, else the defaults.

    Raises:
        InputError: the file cannot be read, or the section of the asset is not valid.
    """
    section = sections(file).get(artifact, {})
    unknown = [str(name) for name in section if name not in kind.model_fields]
    if unknown:
        raise InputError(
            f"ALGORHYTHMS_CONFIG: {file}: {artifact} has no {', '.join(unknown)}, but: {', '.join(kind.model_fields)}"
        )
    try:
        return kind.model_validate(section)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InputError(f"ALGORHYTHMS_CONFIG: {file}: {artifact}: {wrong['loc'][0]}: {wrong['msg']}") from None


def with_lasting_defaults(artifact: Artifact) -> Callable[[type[C]], type[C]]:
    """Makes the file's values the defaults of a run's config: the launchpad shows them, and every run has them."""

    def changed(kind: type[C]) -> type[C]:
        file = Settings.read().config
        chosen = lasting(kind, artifact.name, file)
        for name in chosen.model_fields_set:
            kind.model_fields[name].default = getattr(chosen, name)
        kind.model_rebuild(force=True)
        return kind

    return changed
