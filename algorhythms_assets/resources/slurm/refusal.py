"""The message for a request that Slurm refuses: what it was, what the nodes have, and what to set instead."""

import json
from collections.abc import Sequence
from typing import Any

from algorhythms_assets.resources.request import Request
from algorhythms_assets.resources.slurm.commands import Nodes


def explanation(words: str, asset: str, request: Request, nodes: Sequence[Nodes]) -> str:
    """Returns sbatch's message, the request, the nodes of its partition and a setting to paste.

    `request` names its partition unless it is the cluster's default; `nodes` are those of all partitions, none if
    sinfo does not answer.
    """
    asked = (request.partition or "").split(",")
    default = next((each.partition for each in nodes if each.is_default), None)
    own = [each for each in nodes if each.partition in (asked if request.partition else [default])]
    partitions = sorted({each.partition for each in nodes}, key=lambda name: (name != default, name))
    if own:
        parts, there = _fitting(request, own), _described(own)
    elif nodes:
        parts, there = {"partition": partitions[0]}, [f"The cluster's partitions are {', '.join(partitions)}."]
    else:
        parts, there = {}, []
    # Limits that sinfo does not show, such as an account's: the numbers are left to the user.
    parts = parts or {part: getattr(request, part) for part in ("memory_gb", "cpus", "minutes")}
    return "\n".join(
        [
            f"Slurm refused the job of {asset}: {'; '.join(line.rstrip('.') for line in words.splitlines())}.",
            f"It requested {_told(request)}.",
            *there,
            "Request what the nodes have, in the environment or in .env:",
            f"ALGORHYTHMS_SLURM_REQUESTS={json.dumps({asset: parts})}",
        ]
    )


def _fitting(request: Request, nodes: Sequence[Nodes]) -> dict[str, Any]:
    """Returns the nodes' maximum of each part of which the request has more."""
    limits = [each.minutes for each in nodes]
    most = {
        "memory_gb": max(each.memory_mb for each in nodes) // 1024,
        "cpus": max(each.cpus for each in nodes),
        "gpus": max(each.gpus for each in nodes),
        "nodes": sum(each.count for each in nodes),
        "minutes": None if None in limits else max(minutes for minutes in limits if minutes is not None),
    }
    return {part: limit for part, limit in most.items() if limit is not None and getattr(request, part) > limit}


def _told(request: Request) -> str:
    parts = [
        _counted(request.nodes, "node"),
        _counted(request.cpus, "CPU"),
        f"{request.memory_gb} GB" if request.memory_gb else "",
        _counted(request.gpus, "GPU") if request.gpus else "",
        _counted(request.minutes, "minute"),
        f"partition {request.partition}" if request.partition else "",
        *request.options,
    ]
    return ", ".join(filter(None, parts))


def _described(nodes: Sequence[Nodes]) -> list[str]:
    """Returns a line for each partition, with each kind of its nodes."""
    kinds: dict[str, list[str]] = {}
    for each in nodes:
        gpus = f", {_counted(each.gpus, 'GPU')}" if each.gpus else ""
        limit = "" if each.minutes is None else f", for at most {_counted(each.minutes, 'minute')}"
        kind = f"{_counted(each.count, 'node')} of {_counted(each.cpus, 'CPU')}, {each.memory_mb / 1024:.3g} GB{gpus}"
        kinds.setdefault(f"Partition {each.partition}{limit}", []).append(kind)
    return [f"{partition}: {'; '.join(some)}." for partition, some in kinds.items()]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
