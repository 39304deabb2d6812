"""Rows of any format: laid out as the schema declares, their values judged by one set of rules."""
