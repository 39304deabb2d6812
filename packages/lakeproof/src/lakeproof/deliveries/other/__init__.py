"""Formats beside CSV: whoever judges their rows is the same, and so are the rows."""
