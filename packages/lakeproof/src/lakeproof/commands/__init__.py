"""What stands behind each `kedro` command: gather facts, then print them.

One module per command, and `catalog` (the project's tables) and `output` (JSON and text) for all.
"""
