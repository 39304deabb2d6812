"""Strict CSV: read what the schema and the dialect allow, and say where a file does not."""
