"""A payload that fails with an error nobody foresaw."""

import dagster_pipes

with dagster_pipes.open_dagster_pipes():
    raise RuntimeError("nobody foresaw this")
