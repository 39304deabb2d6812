"""Factors of the set-up: what is collected, compared and shown of one stands in one place.

A factor may decide a result and never forbids a re-run: where it is another one, the verdict names
it. Not for data, parameters, code and packages, which are what a run is (`reproduce.comparison`).
"""

from lakeproof.record.factors.registry import factor

__all__ = ["factor"]
