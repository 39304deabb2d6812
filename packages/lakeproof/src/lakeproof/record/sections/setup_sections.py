"""On what a run ran: interpreter, libraries, machine."""

from collections.abc import Mapping
from typing import Any

from lakeproof.record.factors.registry import factors_of
from lakeproof.record.facts import Record
from lakeproof.views.blocks import Names, Section, code, facts, section, table


def environment(record: Record) -> Section:
    """Give the interpreter and every installed distribution."""
    found = record.environment
    elsewhere = [one for one in found.distributions if one.origin not in (None, "project")]
    return section(
        "Environment",
        facts(
            {
                "Python": f"{found.implementation} {found.python} ({found.build})",
                "Java": found.java,
                "packages": len(found.distributions),
            }
        ),
        table(
            {"changed installed file": "text", "of": "text", "content": "code"},
            (
                [one.path, one.distribution or "nobody", one.digest or "gone"]
                for one in found.changed_files or ()
            ),
            is_side=True,
        ),
        table(
            {"lock file or jar": "text", "content": "code"},
            [*sorted(found.locks.items()), *sorted(found.jars.items())],
            is_side=True,
        ),
        table(
            {"package not from an index": "text", "version": "text", "from": "code"},
            ([one.name, one.version, one.origin] for one in elsewhere),
            is_side=True,
        ),
        Names(tuple(f"{one.name} {one.version}" for one in found.distributions)),
    )


def machine(record: Record) -> Section:
    """Say what may decide the last bit of a floating point number."""
    found = record.compute
    return section(
        "Machine",
        facts({one.title: _told(one.line(found)) for one in factors_of(found) if one.title}),
        table(
            {
                "library": "text",
                "of": "text",
                "version": "text",
                "kernel": "text",
                "threads": "number",
            },
            (
                [one.internal_api, one.user_api, one.version, one.architecture, one.threads]
                for one in found.libraries
            ),
        ),
    )


def _told(value: Any) -> Any:
    return code(_pairs(value)) if isinstance(value, Mapping) else value


def _pairs(values: Mapping[str, Any]) -> str | None:
    found = (f"{name}={value}" for name, value in sorted(values.items()) if value is not None)
    return "\n".join(found) or None
