"""Digests of tables and frames."""
