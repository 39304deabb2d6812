"""Strict CSV: read what the schema allows, and say where it does not."""
