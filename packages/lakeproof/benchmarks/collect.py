"""Run benchmarks in turn, keep their figures in one JSON and one table, and say which got worse.

`python collect.py NAME…` runs `NAME.py` of this folder each. What was kept before of others stays;
what is committed is what the new figures are held against. Nothing fails by it: a machine that is
busy is no reason to stop.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from measure import ROOT, environment

HERE = Path(__file__).parent
KEPT, TABLE = HERE / "results.json", HERE / "results.md"
# More than the noise of medians.
_WORSE_BY = 1.1

Results = dict[str, dict[str, Any]]


def is_ratio(name: str) -> bool:
    """Tell whether a figure compares within one run; the spread around it is none.

    All of them are of time: more is worse.
    """
    return ("ratio" in name or name == "share") and not name.endswith(("_min", "_max"))


def worse(before: Results, now: Results) -> Iterator[str]:
    """Say which ratios are worse by more than a tenth.

    Args:
        before: What was committed, by benchmark.
        now: What was measured, by benchmark.
    """
    for benchmark, figures in now.items():
        known = before.get(benchmark, {})
        for name, value in figures.items():
            old = known.get(name)
            if not is_ratio(name) or not isinstance(old, int | float) or min(old, value) <= 0:
                continue
            if value / old > _WORSE_BY:
                yield f"{benchmark}: {name} is {value}, was {old}"


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write all figures as a table of Markdown."""
    lines = ["| benchmark | target | figures | met | measured |", "|---|---|---|---|---|"]
    for benchmark, figures in sorted(results.items()):
        said = ", ".join(
            f"{name} {value}"
            for name, value in figures.items()
            if name not in ("benchmark", "target", "is_met", "measured")
        )
        met = {True: "yes", False: "no"}.get(figures.get("is_met"), "")  # type: ignore[arg-type]
        lines.append(
            f"| {benchmark} | {figures.get('target', '')} | {said} | {met} | "
            f"{figures.get('measured', '')} |"
        )
    return "\n".join(lines) + "\n"


def circumstances() -> str:
    """Say when and where something was measured; the load tells what the seconds are worth."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"{day}, Python {platform.python_version()}, {cores} cores, load {load:.0f}"


def measured(script: str) -> dict[str, Any] | None:
    """Run one benchmark; its last line, or `None` where it failed."""
    begun = circumstances()
    process = subprocess.Popen(
        [sys.executable, str(HERE / f"{script}.py")],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    last = ""
    for line in process.stdout or ():
        print(line, end="", flush=True)
        last = line.strip() or last
    if process.wait() or not last.startswith("{"):
        return None
    return {**json.loads(last), "measured": begun}


def committed() -> Results:
    """Give the figures that are committed."""
    name = KEPT.relative_to(ROOT).as_posix()
    done = subprocess.run(
        ["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found: Results = json.loads(done.stdout) if done.returncode == 0 else {}
    return found


def main() -> None:
    """Run those that are named; each is kept as it comes."""
    kept: Results = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    now: Results = {}
    failed = []
    for script in sys.argv[1:]:
        figures = measured(script)
        if figures is None:
            failed.append(script)
            continue
        now[figures["benchmark"]] = figures
        KEPT.write_text(json.dumps(kept | now, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        TABLE.write_text(table(kept | now))
    print(f"\nAll figures: {KEPT.relative_to(ROOT)}, {TABLE.relative_to(ROOT)}")
    for line in worse(committed(), now) if now else ():
        print(f"Worse than committed: {line}")
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
