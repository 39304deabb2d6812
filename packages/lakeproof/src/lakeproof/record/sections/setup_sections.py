"""On what a run ran: interpreter, libraries, machine."""

from collections.abc import Mapping
from typing import Any

from lakeproof.record.facts import Record, Surroundings
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
        facts(
            {
                "engine": found.engine,
                "engine settings": code(_pairs(found.engine_configuration)),
                "processor": f"{found.cpu} ({found.machine}), {found.cores} core(s)",
                "memory": f"{found.memory_gib} GiB",
                "system": found.os,
                "thread settings": code(_pairs(found.threads)),
                "settings were": found.recipe,
                "runner": found.runner and found.runner + (" --async" if found.is_async else ""),
                **_surroundings(found.surroundings),
            }
        ),
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


def _surroundings(found: Surroundings | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "time zone": found.time_zone,
        "locale": found.locale,
        "variables": code(_pairs(found.variables)),
        "umask": found.umask,
        "C library": found.c_library,
    }


def _pairs(values: Mapping[str, Any]) -> str | None:
    found = (f"{name}={value}" for name, value in sorted(values.items()) if value is not None)
    return "\n".join(found) or None
