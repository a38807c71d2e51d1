"""What watches a pipeline that runs unattended."""
