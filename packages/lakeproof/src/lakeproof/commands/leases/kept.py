"""What `kedro keep` and `kedro release` have done, as facts, as documents, and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lakeproof.leases.facts import Lease, in_words
from lakeproof.leases.raw import RawLease
from lakeproof.terminal import layout

_ID_CHARACTERS = 8
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "table": "left",
    "version": "right",
    "kept": "left",
    "held in": "left",
}


@dataclass(frozen=True)
class Kept:
    """What a run was given.

    Args:
        run_id: The run.
        leases: Its leases, as they stand now.
        raw: What it needs of the kept raw files.
        copies: Where versions are held, by table id.
    """

    run_id: str
    leases: tuple[Lease, ...]
    raw: RawLease
    copies: dict[str, str]


@dataclass(frozen=True)
class Released:
    """What a run gave back.

    Args:
        run_id: The run.
        leases: Those that ended.
        raw: What it needed of the kept raw files.
    """

    run_id: str
    leases: tuple[Lease, ...]
    raw: RawLease | None


def document_kept(kept: Kept) -> dict[str, Any]:
    """Make the JSON document."""
    return {
        "run_id": kept.run_id,
        "leases": [
            {**_document(lease), "held_in": kept.copies.get(lease.table_id)}
            for lease in kept.leases
        ],
        "raw_files": len(kept.raw.files),
    }


def document_released(released: Sequence[Released]) -> dict[str, Any]:
    """Make the JSON document."""
    return {
        "runs": [
            {
                "run_id": one.run_id,
                "leases": list(map(_document, one.leases)),
                "raw_files": len(one.raw.files) if one.raw else 0,
            }
            for one in released
        ]
    }


def render_kept(kept: Kept) -> str:
    """Write for people what is kept until when."""
    run = kept.run_id[:_ID_CHARACTERS]
    rows = [
        [lease.table, lease.version, in_words(lease.until), kept.copies.get(lease.table_id)]
        for lease in kept.leases
    ]
    lines = [f"Run {run} keeps what it was made of."]
    if rows:
        lines.append(layout(_COLUMNS, rows))
    if kept.raw.files:
        lines.append(
            f"And the raw files that it read, {len(kept.raw.files)}, as far as they are kept."
        )
    return "\n".join(lines)


def render_released(released: Sequence[Released]) -> str:
    """Write for people what was given back."""
    lines = []
    for one in released:
        given_back = [f"{lease.table} version {lease.version}" for lease in one.leases]
        if one.raw is not None:
            given_back.append(f"{len(one.raw.files)} raw file(s)")
        named = ", ".join(given_back)
        lines.append(
            f"Run {one.run_id[:_ID_CHARACTERS]} no longer keeps {named}."
            if named
            else f"Run {one.run_id[:_ID_CHARACTERS]} keeps nothing, and is not asked again."
        )
    return "\n".join([*lines, "No file was deleted. What nobody needs goes by: kedro vacuum"])


def _document(lease: Lease) -> dict[str, Any]:
    return {
        "table": lease.table,
        "table_id": lease.table_id,
        "version": lease.version,
        "until": lease.until,
        "why": lease.why,
        "is_held": lease.is_held,
    }
