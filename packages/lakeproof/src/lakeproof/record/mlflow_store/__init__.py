"""Records as artifacts of MLflow runs: written once, found again."""
