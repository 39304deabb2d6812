"""What older versions of Lakeproof are known to do wrong in a re-run, and so are kept from doing.

A run is re-run by the version that recorded it. What that one would do to the user's files is
refused by this one, before it starts: a closed list, one entry for each fault that was found.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakeproof.record.facts import Record

Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Fault:
    """Something that a version does wrong in a re-run.

    Args:
        before: The first version that does it right.
        what: What it does.
        names: Gives the entries of a catalog with which it would.
    """

    before: str
    what: str
    names: Callable[[Entries], Iterator[str]]


def _incremental(entries: Entries) -> Iterator[str]:
    for name, entry in entries.items():
        if str(entry.get("type", "")).rpartition(".")[2] == "IncrementalDataset":
            yield name


def _of_one_place(entries: Entries) -> Iterator[str]:
    """Give the entries whose absolute path another one has as well, by text."""
    places = {
        name: str(entry.get("filepath") or entry.get("path") or "")
        for name, entry in entries.items()
    }
    count = Counter(places.values())
    for name, place in places.items():
        if count[place] > 1 and (place.startswith(("/", "~")) or place[1:3] in (":/", ":\\")):
            yield name


FAULTS = (
    Fault("0.2.0", "moves the checkpoint of an IncrementalDataset", _incremental),
    Fault("0.2.0", "reads and writes a place that two entries name where it is", _of_one_place),
)


def refusal(record: Record, conf_source: Path) -> str | None:
    """Say why the version that recorded a run must not re-run it; nothing where it may.

    Args:
        record: The run's record.
        conf_source: Its configuration, as it is laid out for the re-run.
    """
    if record.lakeproof is not None:
        # Every version that says its number does all of these right.
        return None
    entries = dict(_entries(conf_source))
    for fault in FAULTS:
        named = sorted(set(fault.names(entries)))
        if named:
            listed = ", ".join(f"'{name}'" for name in named[:5])
            return (
                f"The run was recorded by a Lakeproof before {fault.before}, which in a re-run "
                f"{fault.what}: {listed}. That would change your files, so nothing was run. What "
                "the run read and wrote: kedro show "
                f"{record.run.run_id[:8]}. To have its runs reproducible, run the catalog with "
                "this version."
            )
    return None


def _entries(conf_source: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read the catalogs' entries as they are written; what cannot be read has none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    for path in sorted([*conf_source.rglob("catalog*.yml"), *conf_source.rglob("catalog*.yaml")]):
        try:
            found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, YAMLError):
            continue
        for name, entry in found.items() if isinstance(found, dict) else ():
            if isinstance(entry, dict) and not str(name).startswith("_"):
                yield f"{name}", entry
