"""Count false passes and false alarms: 1,000 mutations and 1,000 honest repeats.

`python benchmarks/verdicts.py` makes all of them, in about an hour on two cores; `--quick` a
tenth. Most are made in this process or in a forked one, a hundred of each by whole commands. Prints
a table and, last, one line of JSON; the exit code is 1 if there was a false pass or a false alarm.
"""

import argparse
import collections
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from verdict import commands, records, values, worlds
from verdict.facts import Trial
from verdict.probe import Probe

WANTED = 1_000
BY_COMMANDS = 100


def main() -> int:
    """Make the trials and print what came of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="a tenth of all")
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--only", choices=("values", "records", "forked", "commands"))
    asked = options.parse_args()
    began = time.monotonic()
    share = 10 if asked.quick else 1
    found: list[Trial] = []
    with tempfile.TemporaryDirectory(prefix="lakeproof-verdicts-") as folder:
        for trial in trials(Path(folder), random.Random(asked.seed), share, asked.only):
            found.append(trial)
            if trial.is_false_pass or trial.is_false_alarm or not trial.is_named:
                print(f"{_word(trial)}: {trial.kind}: {trial.what}: {trial.verdict}", flush=True)
                print("    " + " ".join(trial.said.split())[:600], file=sys.stderr, flush=True)
            if len(found) % 50 == 0:
                print(f"{len(found)} trials, {time.monotonic() - began:.0f} s", file=sys.stderr)
    summary = summarised(found)
    print(table(found))
    print(
        json.dumps({"benchmark": "verdicts", **summary, "seconds": round(time.monotonic() - began)})
    )
    return int(bool(summary["false_passes"] or summary["false_alarms"]))


def trials(folder: Path, chance: random.Random, share: int, only: str | None) -> Iterator[Trial]:
    """Make them, the quick ones first."""
    if only in (None, "values"):
        yield from values.mutations()
        yield from values.repeats(25 // share or 1)
    if only == "values":
        return
    with Probe(folder) as probe:
        if only in (None, "records"):
            yield from records.mutations(*probe.records())
            yield from records.contradictions(probe.records()[0])
        if only in (None, "forked"):
            changed = list(worlds.changed())
            for world in changed[::share]:
                yield probe.after(world)
            pieces = list(worlds.unchanged())
            for _ in range(400 // share):
                yield probe.honest(chance.sample(pieces, chance.randint(1, 4)))
        if only in (None, "commands"):
            yield from commands.trials(folder, chance, BY_COMMANDS // share)


def summarised(found: Iterable[Trial]) -> dict[str, Any]:
    """Count."""
    mutated = [one for one in found if not one.is_honest]
    honest = [one for one in found if one.is_honest]
    with_cause = [one for one in mutated if one.cause and not one.is_pass]
    named = sum(one.is_named for one in with_cause)
    return {
        "mutations": len(mutated),
        "false_passes": sum(one.is_false_pass for one in mutated),
        "named": round(named / len(with_cause), 4) if with_cause else None,
        "repeats": len(honest),
        "false_alarms": sum(one.is_false_alarm for one in honest),
    }


def table(found: Iterable[Trial]) -> str:
    """Write the counts by kind, as they stand in the README."""
    rows: dict[tuple[str, str, bool], list[Trial]] = collections.defaultdict(list)
    for one in found:
        rows[one.how, one.kind, one.is_honest].append(one)
    lines = ["| how | what | trials | false | cause named |", "|---|---|---|---|---|"]
    for (how, kind, is_honest), some in rows.items():
        wrong = sum(one.is_false_alarm or one.is_false_pass for one in some)
        caused = [one for one in some if one.cause]
        named = f"{sum(one.is_named for one in caused)} of {len(caused)}" if caused else ""
        lines.append(
            f"| {how} | {'honest: ' if is_honest else ''}{kind} | {len(some)} | {wrong} | {named} |"
        )
    return "\n".join(lines)


def _word(trial: Trial) -> str:
    if trial.is_false_pass:
        return "FALSE PASS"
    return "FALSE ALARM" if trial.is_false_alarm else "CAUSE NOT NAMED"


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    sys.exit(main())
