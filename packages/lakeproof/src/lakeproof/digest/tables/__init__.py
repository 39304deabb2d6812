"""The digest `rs1` of a table: of its rows, in whatever order they come."""
