"""Writes the index that is served, and measures it: `embedded` beside the bundle, `elastic` in a cluster."""
