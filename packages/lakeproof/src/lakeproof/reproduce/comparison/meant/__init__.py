"""Re-runs in which something is meant to be another: the code, or rows that were erased."""
