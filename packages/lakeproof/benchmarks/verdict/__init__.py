"""What `verdicts.py` counts: mutations that must be noticed, honest repeats that must pass."""
