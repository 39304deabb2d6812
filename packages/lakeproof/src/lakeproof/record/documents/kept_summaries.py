"""What a list says of records that were read before, kept beside the project.

A list of ten thousand runs would read, check and parse as many records, each time the same. Kept is
only what was said of a record on this disk, and it is believed only of that very file, as far as
the system tells: another content, place or time of change and the record is read again, as it is
wherever something is done with it. The file may be deleted at any time.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lakeproof.record.facts import SCHEMA, Maker, Record
from lakeproof.state_folder import hide_from_git, state_of
from lakeproof.version import VERSION
from lakeproof.whole_file import replace_text

FILE = "listed"
# Another version may find something wrong with a record, or say something else of it.
_MADE_BY = f"{VERSION} {SCHEMA}"
# Within one tick of the clock a file may change twice and look as if it had changed once.
_SETTLED_NS = 2_000_000_000
# A hundred thousand runs; whatever a clone brings along takes no more memory than that.
_MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class RunSummary:
    """What a list of runs says of a record.

    Args:
        kedro_env: The environment it ran in.
        pipelines: By name.
        commit: That it ran on, if there is one.
        is_dirty: Whether the tree differed from it.
        read: Datasets and versions of the tables, as they were read.
        written: The same of those written.
        metrics: By name; `None` for what JSON lacks.
        reproduces: The run of which it is a re-run.
        made_by: Who made it; `None` where nobody wrote that down.
    """

    kedro_env: str
    pipelines: tuple[str, ...]
    commit: str | None
    is_dirty: bool
    read: tuple[tuple[str, int], ...]
    written: tuple[tuple[str, int], ...]
    metrics: Mapping[str, float | None]
    reproduces: str | None
    made_by: Maker | None

    @classmethod
    def of(cls, record: Record) -> "RunSummary":
        """Take it out of a whole record."""
        return cls(
            record.run.kedro_env,
            tuple(record.run.pipelines),
            record.code.commit,
            record.code.is_dirty,
            tuple((table.dataset, table.version) for table in record.inputs.tables),
            tuple((table.dataset, table.version) for table in record.outputs.tables),
            {name: metric.value for name, metric in sorted(record.metrics.items())},
            record.run.reproduces,
            record.run.made_by,
        )


@dataclass(frozen=True)
class Kept:
    """A summary that was kept.

    Args:
        state: What the record was then (`state_now`).
        text: The summary, unread.
    """

    state: str
    text: str

    def read(self) -> RunSummary | None:
        """Read it; `None` where it is something else."""
        try:
            said = json.loads(self.text)
            made_by, pipelines = said.pop("made_by"), said.pop("pipelines")
            tables: dict[str, Any] = {
                name: tuple((dataset, version) for dataset, version in said.pop(name))
                for name in ("read", "written")
            }
            return RunSummary(
                **said,
                **tables,
                pipelines=tuple(pipelines),
                made_by=None if made_by is None else Maker(**made_by),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None


def state_now(path: str, seal: str) -> str | None:
    """Say what a record on this disk is, as far as that shows without reading it.

    Args:
        path: The file.
        seal: Its digest, as it stands on the run.

    Returns:
        `None` where it is not there, or was written a moment ago.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if abs(time.time_ns() - found.st_ctime_ns) < _SETTLED_NS:
        return None
    # Whatever is written into a file, its time of change cannot be set back.
    file = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return f"{_MADE_BY} {' '.join(map(str, file))} {seal}"


def kept(project_path: Path | None) -> dict[str, Kept]:
    """Give what is kept, by run."""
    if project_path is None:
        return {}
    place = state_of(project_path) / FILE
    try:
        if not place.is_file() or place.stat().st_size > _MOST_BYTES:
            return {}
        lines = place.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    parts = (line.split("\t") for line in lines)
    return {part[0]: Kept(part[1], part[2]) for part in parts if len(part) == 3}


def keep(project_path: Path | None, found: Mapping[str, Kept]) -> None:
    """Keep these and no others; where nothing can be written, records are read again.

    Args:
        project_path: The project; `None` where there is none.
        found: By run.
    """
    if project_path is None:
        return
    place = state_of(project_path) / FILE
    lines = (f"{run_id}\t{one.state}\t{one.text}\n" for run_id, one in found.items())
    with suppress(OSError):
        hide_from_git(place.parent)
        # What is lost is read again.
        replace_text(place, "".join(lines), 0o600, outlives_power=False)


def written(state: str, summary: RunSummary) -> Kept:
    """Write a summary to be kept."""
    return Kept(state, json.dumps(asdict(summary)))
