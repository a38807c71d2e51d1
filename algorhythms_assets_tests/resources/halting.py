"""A payload whose report reaches the file in two halves."""

import json
import os
import time
from pathlib import Path

import dagster_pipes

with dagster_pipes.open_dagster_pipes() as pipes:
    path = dagster_pipes.PipesEnvVarParamsLoader().load_messages_params()["path"]
    message = {
        "__dagster_pipes_version": dagster_pipes.PIPES_PROTOCOL_VERSION,
        "method": "report_custom_message",
        "params": {"payload": {"picture": "x" * 50_000}},
    }
    line = (json.dumps(message) + "\n").encode()
    with Path(path).open("ab", buffering=0) as file:
        for half in (line[:20_000], line[20_000:]):
            file.write(half)
            os.fsync(file.fileno())
            time.sleep(0.5)
