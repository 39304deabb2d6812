"""The log of a table: its versions, its commits, and what a pin of one means."""
