"""Playlists in, a service that continues playlists out: the Dagster asset graph and what computes it."""
