"""What is decided before a commit, the same on every engine."""
