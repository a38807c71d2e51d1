"""Payloads as Slurm jobs.

`compute` is what the deployment uses: it builds the command. `client` submits it under Dagster Pipes and follows it;
`job` is the folder that the two share with the job, `options` builds sbatch's options, `commands` the only module that
calls Slurm, `ends` what a job's end means for a Dagster step, `log` shows its output.
"""
