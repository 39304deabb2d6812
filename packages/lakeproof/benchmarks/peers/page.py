"""What was measured as a table, put into the page that says what it means."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from changes import CHANGES
from tools import TOOLS

PAGE = Path(__file__).parent.parent / "peers.md"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Write what was measured as two tables of Markdown."""
    names = [
        tool.name for tool in TOOLS if {"version", "answers"} <= found.get(tool.name, {}).keys()
    ]
    rows = [
        ("", *names),
        ("---", *["---"] * len(names)),
        ("version", *(found[name]["version"] for name in names)),
        ("commands for a run", *(_typed(found[name]["typed_for_a_run"]) for name in names)),
        (
            "commands for the question",
            *(_typed(found[name]["typed_for_the_question"]) for name in names),
        ),
        ("a run, processor seconds", *(found[name].get("run_processor_s", "") for name in names)),
        (
            "the question, processor seconds",
            *(found[name].get("again_processor_s", "") for name in names),
        ),
        ("… by the clock, run and question", *(_by_the_clock(found[name]) for name in names)),
        ("kept of the first run", *(_kilobytes(found[name]["bytes_of_a_run"]) for name in names)),
        (
            "… and more by the question",
            *(_kilobytes(found[name]["bytes_of_the_question"]) for name in names),
        ),
        *(
            (change, *(_said(found[name]["answers"].get(change)) for name in names))
            for change in ("nothing", *CHANGES)
        ),
    ]
    rows.insert(10, (" **changed before the question**", *[""] * len(names)))
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)


def _typed(commands: tuple[str, ...]) -> int:
    """Count the commands of a line, as they are typed one after the other."""
    return sum(len(re.split(r"&&|;", command)) for command in commands)


def _by_the_clock(found: Mapping[str, Any]) -> str:
    """Give seconds, which say little without how much the machine had to do."""
    if "run_s" not in found:
        return ""
    load = f" at a load of {found['load']}" if "load" in found else ""
    return f"{found['run_s']} and {found['again_s']} s{load}"


def _kilobytes(count: int) -> str:
    return f"{count / 1000:,.0f} kB"


def _said(answer: Mapping[str, Any] | None) -> str:
    if answer is None:
        return ""
    said = {"trouble": "refused"}.get(answer["said"], answer["said"])
    return f"{said}, names it" if answer["names_cause"] else str(said)


def write(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the table into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + table(found) + END + rest.partition(END)[2])
