"""The same example and the same question in each tool: seconds, bytes, and ten planted changes.

`python run_peers.py [--into FOLDER] [--only DVC …] [--parts times] [--repeats 3]`: an environment
for each in a folder, its packages from PyPI. Leaves `peers.json`, and its table in `peers.md`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from changes import CHANGES, kept_library  # noqa: E402
from page import write  # noqa: E402
from shell import UV, all_of, shell  # noqa: E402
from tools import BACK, LAKEPROOF, TOOLS, Tool  # noqa: E402

from measure import (  # noqa: E402
    ROOT,
    copy_of_project,
    minima,
    plain_environment,
    users_environment,
)
from plain import plain_project  # noqa: E402

KEPT = HERE / "peers.json"


@dataclass
class Answer:
    """What a tool said.

    Args:
        said: `same`, `differs` or `trouble`.
        names_cause: Whether it named what was changed, where it is not the same.
    """

    said: str
    names_cause: bool = False


def ask(
    tool: Tool,
    folder: Path,
    bin_: Path,
    more: Mapping[str, str] | None = None,
    cause: str = "(?!)",
) -> Answer:
    """Have yesterday's run again."""
    told = ""
    for command in tool.again:
        done = shell(command, folder, bin_, more)
        # What is set aside names the files that it sets aside, whatever they are to the tool.
        told += "" if command == BACK else done.stdout + done.stderr
        if done.returncode and (command != tool.again[-1] or "Traceback" in told):
            print(f"{command}: {told[-300:]}", flush=True)
            return Answer("trouble", bool(re.search(cause, told)))
    print(told[-300:], flush=True)
    said = {0: "same", 1: "differs"}.get(done.returncode, "trouble")
    # What is only logged on the way to the same result is no cause.
    return Answer(said, said != "same" and bool(re.search(cause, told)))


def environment_of(tool: Tool, folder: Path) -> Path:
    """Make an environment of its own; its `bin`."""
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    install = [UV, "pip", "install", "-q", "--compile-bytecode", "--python"]
    subprocess.run([*install, str(folder / "bin/python"), *tool.packages], check=True)
    return folder / "bin"


def project_of(tool: Tool, folder: Path, bin_: Path) -> Path:
    """Write the example by hand."""
    shutil.copytree(HERE / "example", folder)
    shutil.copytree(
        ROOT / "data/01_raw/wine", folder / "raw", ignore=shutil.ignore_patterns("*.md")
    )
    (folder / ".gitignore").write_text("out/\n.snakemake/\n.metaflow/\n__pycache__/\nraw/\n")
    all_of(("git init -q", *tool.begin), folder, bin_)
    return folder


def _prepared(tool: Tool, folder: Path) -> tuple[Path, Path]:
    """Make environment and project; an environment that is there already is used again."""
    venv, project = folder / "venv", folder / "project"
    is_there = (venv / "made").exists()
    bin_ = venv / "bin"
    if tool is LAKEPROOF:
        copy_of_project(project, with_packages=False)
        bin_ = bin_ if is_there else users_environment(venv, project)
    elif tool.is_of_repository:
        plain_project(project, copy_of_project(folder / "ours"))
        bin_ = bin_ if is_there else plain_environment(venv)
        shutil.copy(HERE / "example/compare_metrics.py", project)
        (project / ".gitignore").write_text(
            "data/\nraw/\nmlflow.db\nmlruns/\nmlartifacts/\n__pycache__/\n"
        )
        all_of(("git init -q", *tool.begin), project, bin_)
    else:
        bin_ = bin_ if is_there else environment_of(tool, venv)
        project_of(tool, project, bin_)
    (venv / "made").touch()
    return bin_, project


def _bytes(folder: Path, places: tuple[str, ...]) -> int:
    files = [folder / place for place in places if (folder / place).is_file()]
    files += [path for place in places for path in (folder / place).rglob("*") if path.is_file()]
    # Once, under however many names.
    return sum({(one := path.stat()).st_ino: one.st_size for path in files}.values())


class Copies:
    """Copies of a project, each in a place that no other had: some tools keep whole paths."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._project, self._folder = project, folder
        self._numbers = count()

    def __call__(self) -> Path:
        """Make one more."""
        place = self._folder / str(next(self._numbers))
        shutil.copytree(self._project, place, symlinks=True)
        return place


def timed(tool: Tool, bin_: Path, project: Path, copy: Copies, repeats: int) -> dict[str, object]:
    """Time a run, and the question while nothing was changed; the project has been run then."""
    # What is imported for the first time is compiled before anything is timed.
    all_of(tool.run, copy(), bin_)
    fresh = [copy() for _ in range(repeats)]
    run = minima({"run": lambda: all_of(tool.run, fresh.pop(), bin_)}, repeats)["run"]
    all_of(tool.run, project, bin_)
    stored = _bytes(project, tool.stores)
    asked = [copy() for _ in range(repeats)]
    places = iter(asked)
    again = minima({"again": lambda: ask(tool, next(places), bin_)}, repeats)["again"]
    return {
        "version": shell(tool.version, project, bin_).stdout.split()[-1],
        "typed_for_a_run": tool.run,
        "typed_for_the_question": tool.again,
        "load": round(os.getloadavg()[1]),
        "run_s": round(run, 1),
        "run_processor_s": round(run.processor, 1),
        "again_s": round(again, 1),
        "again_processor_s": round(again.processor, 1),
        "bytes_of_a_run": stored,
        "bytes_of_the_question": _bytes(asked[0], tool.stores) - stored,
    }


def answered(
    tool: Tool, bin_: Path, project: Path, copy: Copies
) -> Iterator[tuple[str, dict[str, object]]]:
    """Ask after each change, each in a copy of its own."""
    yield "nothing", asdict(ask(tool, copy(), bin_))
    for name, planted in CHANGES.items():
        place = copy()
        with kept_library(bin_):
            variables = planted.change(place, tool, bin_)
            yield name, asdict(ask(tool, place, bin_, variables, planted.cause))
        shutil.rmtree(place)


def keep(tool: Tool, found: Mapping[str, object]) -> None:
    """Put what was found of a tool beside what is known of it; answers beside other answers."""
    known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    one = known.setdefault(tool.name, {})
    for name, value in found.items():
        one[name] = {**one.get(name, {}), **value} if isinstance(value, dict) else value
    KEPT.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    print(tool.name, json.dumps(found, ensure_ascii=False), flush=True)
    write(known)


def measure(tool: Tool, folder: Path, parts: Collection[str], repeats: int) -> None:
    """Make a project, time it, and ask after each change; each is kept as soon as it is known.

    Args:
        tool: The tool.
        folder: Where; an environment that is there is used again.
        parts: `times`, `answers`, or both.
        repeats: How many times each is timed; the least counts.
    """
    for old in ("project", "ours", "copies"):
        shutil.rmtree(folder / old, ignore_errors=True)
    bin_, project = _prepared(tool, folder)
    copy = Copies(project, folder / "copies")
    if "times" in parts:
        keep(tool, timed(tool, bin_, project, copy, repeats))
    else:
        all_of(tool.run, project, bin_)
    if "answers" in parts:
        for name, answer in answered(tool, bin_, project, copy):
            keep(tool, {"answers": {name: answer}})
    shutil.rmtree(folder / "copies")


def main() -> None:
    """Measure those that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[tool.name for tool in TOOLS])
    parser.add_argument("--parts", nargs="*", default=["times", "answers"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--into", type=Path, help="where environments are kept for the next time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for tool in TOOLS:
            if tool.name not in args.only:
                continue
            folder = (args.into or Path(scratch)) / re.sub(r"\W+", "-", tool.name.lower())
            folder.mkdir(parents=True, exist_ok=True)
            measure(tool, folder, args.parts, args.repeats)


if __name__ == "__main__":
    main()
