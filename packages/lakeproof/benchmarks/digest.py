"""P5: the content digest of 1M rows of 10 doubles, against SHA-256 of the same bytes."""

import hashlib

import numpy as np
import polars as pl

from lakeproof.digest import digest_table
from measure import pairs, ratio, report

ROWS, COLUMNS = 1_000_000, 10


def main() -> None:
    """Measure numbers, then strings."""
    values = np.random.default_rng(0).random((COLUMNS, ROWS))
    table = pl.DataFrame({f"c{i}": column for i, column in enumerate(values)}).to_arrow()
    timed = pairs(lambda: digest_table(table), lambda: hashlib.sha256(values).digest(), 9)
    strings = pl.DataFrame({"s": [f"sample-{n:07}" for n in range(ROWS)]}).to_arrow()
    text = pairs(lambda: digest_table(strings), lambda: None, 5)
    figures = ratio(timed)
    report(
        "P5 rs1 of 1M x 10 doubles ÷ sha256 of the same bytes",
        "<= 0.1 s",
        figures["ours_s"] <= 0.1,
        **figures,
        distinct_strings_1m_s=ratio([(a, 1.0) for a, _ in text])["ours_s"],
    )


if __name__ == "__main__":
    main()
