"""Processes of re-runs that share one import: forks of one that has imported the libraries."""
