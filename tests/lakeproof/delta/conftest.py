"""A table to write to and read from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakeproof.delta import DeltaTable

MakeTable = Callable[..., DeltaTable]


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """Make catalog entries of one table; keyword arguments are those of the entry."""

    def make(folder: str = "samples", **entry: Any) -> DeltaTable:
        return DeltaTable(filepath=str(tmp_path / folder), **entry)

    return make
