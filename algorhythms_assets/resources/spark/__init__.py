"""Spark: the `engine` that payloads use, and the `allocation` that starts a cluster of it within a Slurm job."""
