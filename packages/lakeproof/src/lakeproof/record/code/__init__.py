"""The code of a run: what git has of it, and what only the working tree had."""
