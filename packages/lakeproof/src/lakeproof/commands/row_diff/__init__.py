"""Rows that differ: between two versions of a table, and in the tables by which two runs differ."""
