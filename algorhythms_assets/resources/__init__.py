"""What the stages build on, one folder per backend.

`store` keeps artifacts, `engine` runs SQL and blocks (`embedded_engine` here, `spark` on a cluster), `compute` runs
payloads (here, or as jobs of `slurm`), `index` writes what is searched, `http` asks services.
"""
