"""The environment of a recorded run: the same, or built again."""
