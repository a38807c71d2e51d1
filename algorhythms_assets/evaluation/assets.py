"""The evaluation of what would be served."""

from typing import Any

import dagster as dg

from algorhythms_assets.asset_config import with_lasting_defaults
from algorhythms_assets.contracts import EVALUATION_REPORT
from algorhythms_assets.evaluation.config import EvaluationConfig
from algorhythms_assets.resources.compute import Compute, Memory, Request, materialize
from algorhythms_assets.resources.declared import declared


@with_lasting_defaults(EVALUATION_REPORT)
class EvaluationRunConfig(EvaluationConfig, dg.Config):
    """How much is evaluated."""


@dg.asset(**declared(EVALUATION_REPORT), kinds={"numpy", "json"})
def evaluation_report(
    context: dg.AssetExecutionContext, compute: dg.ResourceParam[Compute], config: EvaluationRunConfig
) -> dg.MaterializeResult[Any]:
    """Is it good, and better than what is released?

    Continues test playlists, which nothing was trained on, with the same code, bundle and index that will serve, and
    with popularity, item-kNN and the current release. Bars are means, whiskers 95 % intervals. The check
    `quality_gate` has the verdict: a model that is worse beyond the paired interval is not released.
    """
    return materialize(
        context, compute, EVALUATION_REPORT, config, Memory(0.6, per_million_tracks=6), Request(minutes=120)
    )
