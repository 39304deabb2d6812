"""Who comes, and asks to be forgotten: made up, each with values that nobody else has."""

import hashlib
import random
from collections.abc import Collection, Iterator

import polars as pl

NEW_PEOPLE, _CORRECTED = 3, 2


def visits_of(night: int, seed: str, erased: Collection[str]) -> pl.DataFrame:
    """Make a night's delivery: new visits, and corrections of older ones.

    Args:
        night: Which.
        seed: What chooses whose are corrected.
        erased: The keys of those who come no more.
    """
    chance = random.Random(seed)
    new = range(night * NEW_PEOPLE, (night + 1) * NEW_PEOPLE)
    older = [chance.randrange(night * NEW_PEOPLE) for _ in range(_CORRECTED if night else 0)]
    people = [one for one in map(person_of, dict.fromkeys([*new, *older])) if one[0] not in erased]
    rows = pl.DataFrame(people, schema=["person", "note", "score"], orient="row")
    return rows.with_columns(day=pl.lit(night))


def person_of(number: int) -> tuple[str, str, float]:
    """Make up who came, by number: the same each time, and nobody else."""
    told = hashlib.sha256(str(number).encode()).hexdigest()
    return f"xq{told[:12]}", f"note of xq{told[12:24]}", 900_000_000.5 + number


def values_of(person: list[str]) -> Iterator[str]:
    """Yield what of a person must be nowhere once they are erased."""
    key, note, score = person
    yield key
    yield note.rpartition(" ")[2]
    yield score


def is_known_as_left(line: str) -> bool:
    """Tell what a receipt names because it could not look: the files were vacuumed before."""
    return "which cannot be read" in line or "no column" in line
