"""Ten years of two projects that share tables, for `benchmarks/decade.py`."""
