"""A re-run in stages: what they are, what carries them out, and what says them without."""
