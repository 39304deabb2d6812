"""Refuse a table that this machine's memory cannot hold, before any of it is collected.

Whether a run is refused depends on the machine; what it computes never does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakeproof.frames.shares import WHOLE

# How often the rows lie in memory at the worst moment: as a frame of pandas, and as an imputer has
# them while it looks for medians, in whole and sorted. Measured with 3 million rows of 12 numbers:
# 5 times in a whole `kedro run`, whichever the estimator. One more is for what was not measured.
COPIES = 6
_NUMBER = 8
# Stated, not measured: to look at the text would be to read it. A UUID needs 52 bytes.
_TEXT = 64

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Size:
    """The size of rows as an estimator gets them.

    Args:
        rows: How many.
        columns: How many columns each has.
        width: The bytes of one row, once.
    """

    rows: int
    columns: int
    width: int

    @classmethod
    def of(cls, rows: int, schema: Mapping[str, Any]) -> Size:
        """Estimate it from the types of the columns: 8 bytes for a number, 64 for text.

        Args:
            rows: How many rows.
            schema: Narwhals' type of each column.

        Returns:
            The size.
        """
        is_short = [kind.is_numeric() or str(kind) == "Boolean" for kind in schema.values()]
        width = sum(_NUMBER if short else _TEXT for short in is_short)
        return cls(rows, len(is_short), width)

    @property
    def collected(self) -> int:
        """The bytes that travel from the engine to this process."""
        return self.rows * self.width

    @property
    def needed(self) -> int:
        """The bytes at the worst moment."""
        return self.collected * COPIES


def require_room(size: Size, available: int | None, *, what: str, parameter: str, now: int) -> None:
    """Refuse rows that would not fit, with both sizes and a sample that would.

    Args:
        size: The rows that are about to be collected.
        available: The bytes that are free, None where the system does not tell.
        what: Which rows, for the message.
        parameter: The parameter that takes a sample of them.
        now: The sample that it takes already, in ten-thousandths.

    Raises:
        ValueError: They need more than is available.
    """
    if available is not None and size.needed > available:
        fits = now * available // size.needed
        raise ValueError(
            f"The {what} rows do not fit into this machine's memory: {_text(size)}, in {COPIES} "
            f"copies on the way through the model, need {_gib(size.needed)}; {_gib(available)} are "
            f"available. Nothing was collected. {_advice(parameter, fits)}"
            "use a machine with more memory."
        )


def require_result(size: Size, limit: int | None, *, what: str, parameter: str, now: int) -> None:
    """Refuse rows that Spark's driver would not hand over, before Spark has computed them.

    Args:
        size: The rows that are about to be collected.
        limit: What `result_limit` says.
        what: Which rows, for the message.
        parameter: The parameter that takes a sample of them.
        now: The sample that it takes already, in ten-thousandths.

    Raises:
        ValueError: They are more than the driver hands over.
    """
    if limit is not None and size.collected > limit:
        fits = now * limit // size.collected
        raise ValueError(
            f"The {what} rows do not fit through Spark's driver: {_text(size)} are "
            f"{_gib(size.collected)}; it hands over {_gib(limit)} (spark.driver.maxResultSize). "
            f"Nothing was collected. {_advice(parameter, fits)}raise "
            "spark.driver.maxResultSize, and spark.driver.memory with it, in spark.yml."
        )


def result_limit(frame: Any) -> int | None:
    """Ask Spark how many bytes its driver hands over.

    Args:
        frame: A frame of Spark.

    Returns:
        Bytes; None where there is no limit.
    """
    return bytes_of_setting(frame.sparkSession.conf.get("spark.driver.maxResultSize", "1g"))


def bytes_of_setting(said: str) -> int | None:
    """Read a size as Spark writes it: `512m`, `1g`, `1073741824`.

    Args:
        said: The setting.

    Returns:
        Bytes; None for 0, by which Spark means that there is no limit.

    Raises:
        ValueError: It is no such size.
    """
    text = said.strip().lower()
    number = text.rstrip("bkmgtp")
    unit = text[len(number) :][:1] or "b"
    return int(number) * 1024 ** "bkmgtp".index(unit) or None


def available_memory() -> int | None:
    """Ask the system how much memory this process may still take.

    Linux counts what it would give back of its caches, and a container's limit holds where there is
    one (cgroup v2). Other systems only tell how much is built in.

    Returns:
        Bytes; None where the system does not tell.
    """
    if _MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
        return min([free, *_left_in_cgroups(_CGROUP, _CGROUPS)])
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _left_in_cgroups(own: Path, root: Path) -> list[int]:
    names = [line[3:] for line in own.read_text().splitlines() if line.startswith("0::")]
    left = []
    for name in names:
        folder = root / name.strip("/")
        for group in [folder, *folder.parents]:
            limit = group / "memory.max"
            if group.is_relative_to(root) and limit.exists() and limit.read_text().strip() != "max":
                stat = dict(
                    line.split() for line in (group / "memory.stat").read_text().splitlines()
                )
                used = int((group / "memory.current").read_text()) - int(stat["inactive_file"])
                left.append(int(limit.read_text()) - used)
    return left


def _text(size: Size) -> str:
    return f"{size.rows:,} rows of {size.width:,} bytes ({size.columns} columns)"


def _advice(parameter: str, fits: int) -> str:
    if not fits:
        return "Not even the smallest sample would; "
    # One digit, rounded down: the estimate is none to the percent.
    step = 10 ** (len(str(fits)) - 1)
    return f"Take a sample: --params {parameter}={fits // step * step / WHOLE:g}; or "


def _gib(size: int) -> str:
    return f"{size / 2**30:,.2f} GiB"
