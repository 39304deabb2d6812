"""Which rows: whose prediction changed most, and which commits of a table lie between two runs."""
