"""Rows of a version as its log describes them, whoever wrote the table."""
