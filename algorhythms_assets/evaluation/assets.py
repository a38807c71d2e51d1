"""The evaluation of what would be served."""

from typing import Any

import dagster as dg

from algorhythms_assets.contracts import EVALUATION_REPORT
from algorhythms_assets.evaluation.config import EvaluationConfig
from algorhythms_assets.resources.compute import Compute, Memory, materialize
from algorhythms_assets.resources.declared import declared


class EvaluationRunConfig(EvaluationConfig, dg.Config):
    """How much is evaluated."""


@dg.asset(**declared(EVALUATION_REPORT), kinds={"numpy"})
def evaluation_report(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: EvaluationRunConfig
) -> dg.MaterializeResult[Any]:
    """Metrics of the served path on test playlists, beside popularity and item-kNN, and the verdict of the gate."""
    return materialize(context, compute, EVALUATION_REPORT, config, Memory(0.6, per_million_tracks=7))
