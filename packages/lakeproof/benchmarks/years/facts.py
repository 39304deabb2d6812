"""What is asked of the years, and what came of them."""

from dataclasses import dataclass, field

from years.dates import Dates


@dataclass(frozen=True)
class Wish:
    """How long, and how much of what.

    Args:
        nights: One commit of ours each.
        kills: How many commands are killed.
        erasures: How many persons are erased.
        run_every: After so many nights there is a run that writes; one that reads after twice that.
        keep_every: After so many nights there is a run that is held, and one that is not.
        clean_every: After so many nights small files are written together, and what nobody needs
            goes.
        schema_every: After so many nights there is a new column.
        dates_every: After so many months dates are held against the truth.
        spark_every: After so many months the other's VACUUM is Spark's; never if 0.
        by_time: 1 if commands are also killed by the clock: not the same instants each time.
        seed: What chooses.
    """

    nights: int = 3650
    kills: int = 200
    erasures: int = 100
    run_every: int = 7
    keep_every: int = 30
    clean_every: int = 7
    schema_every: int = 365
    dates_every: int = 12
    spark_every: int = 0
    by_time: int = 1
    seed: int = 2026


@dataclass
class Outcome:
    """What was counted.

    Args:
        runs: Recorded.
        promises: Made.
        checked: How often a promise was looked at.
        lost: Promises that were not kept, with what was there.
        dates: What came of the dates of `check`.
        surprises: Runs that were dead before the date that was last said of them.
        left: What receipts name as left of tables.
        erased: Promises that ended because a person was erased.
        counts: Of commands.
    """

    runs: int = 0
    promises: int = 0
    checked: int = 0
    lost: list[str] = field(default_factory=list)
    dates: Dates = field(default_factory=Dates)
    surprises: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    erased: int = 0
    counts: dict[str, int] = field(default_factory=dict)
