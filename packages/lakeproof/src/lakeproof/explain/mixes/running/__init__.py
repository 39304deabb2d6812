"""A mix as a run of its own: planned, carried out, stored."""
