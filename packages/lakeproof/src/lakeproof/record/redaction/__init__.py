"""Keep secrets out of whatever is recorded or shown."""
