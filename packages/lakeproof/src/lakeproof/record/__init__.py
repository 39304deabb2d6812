"""What a run leaves behind: the versions it read and wrote, on its MLflow run."""
