"""What passes, as a digest, or the reason why it has none."""

import functools

import numpy as np
import pytest

from lakeproof.record.crossing import cross


def make(place: str) -> str:
    """Make a part, whatever it is."""
    return place


class Source:
    """Something that loads its parts when they are asked for."""

    def load(self) -> str:
        """Load one."""
        return "part"


@pytest.mark.parametrize("part", [make, functools.partial(make, "east"), Source().load, len])
def test_parts_that_are_functions_have_no_digest_where_they_are_stored(part):
    """By its name a function is the same, whatever it gives; the files tell."""
    crossing = cross("parts", {"east": part, "west": 1})
    assert crossing.kind == "value"
    assert crossing.digest is not None
    stored = cross("parts", {"east": part, "west": 1}, is_stored=True)
    assert (stored.kind, stored.digest) == ("opaque", None)
    assert "functions" in stored.note


def test_parts_that_are_there_have_a_digest():
    """Of all of them together, in no order."""
    one = cross("parts", {"east": np.arange(3), "west": 1}, is_stored=True)
    other = cross("parts", {"west": 1, "east": np.arange(3)}, is_stored=True)
    assert one.digest == other.digest
    assert one.digest is not None
    assert one != cross("parts", {"west": 2, "east": np.arange(3)}, is_stored=True)
