"""One strict reader of what a user wrote: nothing is ignored, nothing is converted."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

import pytest

from lakeproof.configuration import read


@dataclass(frozen=True)
class Wishes:
    """What somebody may ask for."""

    mode: Literal["fast", "slow"]
    rows: int = 10
    from_: tuple[str, ...] = ()
    is_loud: bool = False


def wishes(given):
    """Read them, as any room does."""
    return read(Wishes, given, "`wishes`", ValueError, "Nothing was done.")


def test_what_is_written_is_taken_as_it_is():
    """A list becomes a tuple; `from` is a word of Python's."""
    assert wishes({"mode": "slow", "from": ["a"]}) == Wishes("slow", 10, ("a",))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mode": "fast", "row": 1}, "Unknown key 'row' in `wishes`. The keys are: mode, rows, "),
        ({"mod": "fast"}, "is_loud. Did you mean 'mode'? Nothing was done."),
        ({"mode": "fast", 3: 1}, "Unknown key 3 in `wishes`."),
        ({"mode": "fast", "from_": []}, "Unknown key 'from_'"),
        ({}, "`wishes` lacks the key 'mode'. Nothing was done."),
        ({"mode": "fats"}, "mode: 'fats', which must be 'fast' or 'slow'. Did you mean 'fast'?"),
        ({"mode": "fast", "rows": "3"}, "rows: '3', which must be a whole number."),
        ({"mode": "fast", "rows": True}, "rows: True, which must be a whole number."),
        ({"mode": "fast", "is_loud": "no"}, "is_loud: 'no', which must be true or false."),
        ({"mode": "fast", "from": [1]}, "which must be text: put quotes around it."),
        ({"mode": "fast", "is_loud": "x" * 5_000}, "x…, which must be true or false"),
        ("fast", "`wishes` must be a mapping of mode, rows, from, is_loud, and is 'fast'."),
        (None, "and is None."),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(given, sentence):
    """With what was written, what could be, and what was left untouched."""
    with pytest.raises(ValueError, match="Nothing was done") as caught:
        wishes(given)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300


def test_nothing_is_paid_for_a_reader_that_reads_nothing():
    """`determinism` takes the sentence before everything else is imported."""
    code = "import sys, lakeproof.determinism; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
