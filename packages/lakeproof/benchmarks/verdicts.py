"""Count false passes and false alarms: 1,000 mutations and 1,000 honest repeats.

`python benchmarks/verdicts.py` makes all of them, in about an hour on two cores; `--quick` a tenth.
Most are made in this process or in a forked one, a hundred of each by whole commands. Prints a
table and, last, one line of JSON; the exit code is 1 if there was a false pass or a false alarm.

`--into FILE` keeps each trial as it is made, so that the kinds can be made one after the other
(`--only`) and go on where one stopped (`--done`), and `--sum FILE ...` counts what was kept.
"""

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).parent))

from verdict import commands, records, values, worlds
from verdict.facts import Trial
from verdict.probe import Probe

DRAWN, COPIES, HONEST_FORKS, BY_COMMANDS = 400, 30, 350, 100


def main() -> int:
    """Make the trials and print what came of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="a tenth of all")
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--jobs", type=int, default=2, help="processes side by side")
    options.add_argument("--only", choices=("values", "records", "forked", "commands"))
    options.add_argument("--done", type=int, default=0, help="go on after so many changed worlds")
    options.add_argument("--into", type=Path, help="a file to which each trial is added")
    options.add_argument("--sum", type=Path, nargs="+", help="count what such files hold")
    options.add_argument("--part", type=int, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.part is not None:
        for trial in of_part(asked):
            print(json.dumps(asdict(trial)), flush=True)
        return 0
    began = time.monotonic()
    found = list(_kept(asked.sum) if asked.sum else _side_by_side(asked, began))
    summary = summarised(found)
    print(table(found))
    took = {} if asked.sum else {"seconds": round(time.monotonic() - began)}
    print(json.dumps({"benchmark": "verdicts", **summary, **took}))
    return int(bool(summary["false_passes"] or summary["false_alarms"]))


def _kept(paths: Iterable[Path]) -> Iterator[Trial]:
    for path in paths:
        with path.open() as file:
            yield from map(_trial, file)


def _trial(line: str | bytes) -> Trial:
    content = json.loads(line)
    return Trial(**{**content, "cause": tuple(content["cause"])})


def _side_by_side(asked: argparse.Namespace, began: float) -> Iterator[Trial]:
    """Let processes make a part each, and say at once what is wrong."""
    command = [sys.executable, "-W", "ignore", __file__, *sys.argv[1:]]
    with ExitStack() as stack:
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(asked.jobs)]
        into = stack.enter_context(asked.into.open("ab")) if asked.into else None
        parts = [
            subprocess.Popen(
                [*command, "--part", str(part)], stdout=subprocess.PIPE, stderr=errors[part]
            )
            for part in range(asked.jobs)
        ]
        for count, line in enumerate(_lines(parts), 1):
            if into is not None:
                into.write(line)
                into.flush()
            trial = _trial(line)
            if trial.is_false_pass or trial.is_false_alarm or not trial.is_named:
                print(f"{_word(trial)}: {trial.kind}: {trial.what}: {trial.verdict}", flush=True)
                print("    " + " ".join(trial.said.split())[:700], file=sys.stderr, flush=True)
            if count % 50 == 0:
                seconds = time.monotonic() - began
                print(f"{count} trials, {seconds:.0f} s", file=sys.stderr, flush=True)
            yield trial
        for number, part in enumerate(parts):
            if part.wait():
                raise SystemExit(
                    f"Part {number} of the trials ended with exit code {part.returncode}:\n"
                    f"{_end_of(errors[number])}"
                )


def _end_of(file: IO[bytes]) -> str:
    """Give the last lines of what a part said, which tell why it ended."""
    file.seek(0)
    return "\n".join(file.read().decode(errors="replace").splitlines()[-30:])


def _lines(parts: list["subprocess.Popen[bytes]"]) -> Iterator[bytes]:
    import selectors

    with selectors.DefaultSelector() as selector:
        for part in parts:
            assert part.stdout is not None
            selector.register(part.stdout, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                line = key.fileobj.readline()  # type: ignore[union-attr]
                if line:
                    yield line
                else:
                    selector.unregister(key.fileobj)


def of_part(asked: argparse.Namespace) -> Iterator[Trial]:
    """Make every n-th trial, n being the number of processes."""
    share = 10 if asked.quick else 1
    with tempfile.TemporaryDirectory(prefix="lakeproof-verdicts-") as folder:
        yield from trials(Path(folder), asked, share)


def trials(folder: Path, asked: argparse.Namespace, share: int) -> Iterator[Trial]:
    """Make them, the quick ones first."""
    part, parts, only = asked.part, asked.jobs, asked.only
    chance = random.Random(asked.seed + part)
    if only in (None, "values") and part == 0:
        yield from values.mutations(DRAWN // share, asked.seed)
        yield from values.repeats(COPIES // share or 1)
    if only == "values":
        return
    if only in (None, "records", "forked"):
        with Probe(folder) as probe:
            if only in (None, "records") and part == 0:
                yield from records.mutations(*probe.records())
                yield from records.contradictions(probe.records()[0])
            if only in (None, "forked"):
                for world in list(worlds.changed())[asked.done :: share][part::parts]:
                    yield probe.after(world)
                pieces = list(worlds.unchanged())
                for _ in range(HONEST_FORKS // share // parts):
                    yield probe.honest(chance.sample(pieces, chance.randint(1, 4)))
    if only in (None, "commands"):
        yield from commands.trials(folder, chance, BY_COMMANDS // share // parts, part, parts)


def summarised(found: Iterable[Trial]) -> dict[str, Any]:
    """Count."""
    found = list(found)
    mutated = [one for one in found if not one.is_honest]
    honest = [one for one in found if one.is_honest]
    with_cause = [one for one in mutated if one.cause]
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
        kind = one.kind
        if one.is_honest:
            kind = "copies of values" if one.how == "values" else "other circumstances"
        rows[one.how, kind, one.is_honest].append(one)
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
