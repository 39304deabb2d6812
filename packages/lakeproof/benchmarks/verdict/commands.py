"""The same by whole commands, as a person types them: other environments, cores, entry points."""

import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdict.facts import Trial
from verdict.project import copy, make
from verdict.worlds import World, changed, do, unchanged

# One that is imported by every run, so that what is changed in it could matter.
_PATCHED = (
    *("sklearn/ensemble/_forest.py", "narwhals/__init__.py", "polars/__init__.py"),
    *("pandas/core/frame.py", "numpy/lib/_function_base_impl.py", "scipy/stats/_stats_py.py"),
    *("mlflow/__init__.py", "kedro/io/core.py", "joblib/parallel.py", "skops/io/_sklearn.py"),
)
_SESSION = """
import sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
bootstrap_project(Path(sys.argv[1]))
with KedroSession.create(Path(sys.argv[1])) as session:
    session.run()
"""


@dataclass(frozen=True)
class Way:
    """How a command is started.

    Args:
        name: In a word.
        prefix: What stands before it.
        variables: What is added to its environment.
        folder: Below the project, where it is typed.
    """

    name: str
    prefix: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    folder: str = "."


def ways() -> list[Way]:
    """Give the ways that this machine has."""
    found = [
        Way("as it is"),
        *(
            Way(f"hash seed {seed}", variables=(("PYTHONHASHSEED", seed),))
            for seed in ("1", "random")
        ),
        Way("from a folder below", folder="src/probe"),
        Way("without a terminal's size", variables=(("COLUMNS", "0"), ("TERM", "dumb"))),
        Way("Latin-1", variables=(("PYTHONIOENCODING", "latin-1"), ("LC_ALL", "C"))),
        Way("optimized bytecode", variables=(("PYTHONOPTIMIZE", "1"),)),
        Way("no bytecode", variables=(("PYTHONDONTWRITEBYTECODE", "1"),)),
    ]
    if shutil.which("taskset"):
        found.append(Way("one core", prefix=("taskset", "-c", "0")))
    if shutil.which("setsid"):
        found.append(Way("no terminal", prefix=("setsid", "-w")))
    if shutil.which("nice"):
        found.append(Way("less in a hurry", prefix=("nice", "-n", "5")))
    return found


class Commands:
    """A recorded project and the commands that are typed in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "commands"
        self._folder.mkdir()
        self.project = make(self._folder / "project")
        self._kept = self._folder / "kept"
        self._site = Path(sysconfig.get_path("purelib"))
        self.type(["run"], Way("as it is"), {})
        copy(self.project, self._kept)

    def environment(self) -> dict[str, str]:
        """Give that of a person who has typed nothing before."""
        return {
            **os.environ,
            "PYTHONPATH": str(self.project / "src"),
            "PROBE_BESIDE": str(self._folder / "beside.txt"),
            "PROBE_VALUE": "1",
        }

    def type(
        self, arguments: Sequence[str], way: Way, more: dict[str, str], python: str = sys.executable
    ) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for it."""
        return subprocess.run(
            [*way.prefix, python, "-m", "kedro", *arguments],
            cwd=self.project / way.folder,
            env={**self.environment(), **more, **dict(way.variables)},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def again(
        self, way: Way, pieces: Sequence[World], python: str | None = None
    ) -> tuple[str, str]:
        """Have the last run again and give the verdict, and all that was said.

        Args:
            way: How the command is started.
            pieces: What is done before.
            python: Another interpreter, whose packages are taken as they are: the run's own
                environment would be built again, and nothing be another.
        """
        environment = self.environment()
        do(pieces, self.project, environment)
        output = self._folder / "verdict.json"
        output.unlink(missing_ok=True)
        arguments = ["reproduce", "last", "--json", "--output", str(output)]
        arguments += ["--here"] if python else []
        done = self.type(arguments, way, environment, python or sys.executable)
        said = done.stdout + done.stderr
        try:
            document: Any = json.loads(output.read_text())
        except (OSError, ValueError):
            return f"EXIT CODE {done.returncode}", said
        return str(document["verdict"]), said + json.dumps(document)

    def restore(self) -> None:
        """Put everything back."""
        copy(self._kept, self.project)
        (self._folder / "beside.txt").write_text("0.5")

    def patched(self, change: Callable[[Path], None]) -> str:
        """Copy the environment with links, change the copy, and give its interpreter."""
        prefix = Path(sys.prefix)
        target = self._folder / "environment"
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-al", str(prefix), str(target)], check=True)
        change(target / self._site.relative_to(prefix))
        return str(target / "bin/python")


def trials(
    folder: Path, chance: random.Random, count: int, part: int, parts: int
) -> Iterator[Trial]:
    """Make as many mutations as honest repeats.

    Args:
        folder: For all that is made.
        chance: Draws.
        count: Of each.
        part: Which of the edits of packages are made here.
        parts: Of how many.
    """
    project = Commands(folder)
    as_it_is = Way("as it is")
    edits = list(_edits())[part::parts][: count // 2]
    worlds = chance.sample(list(changed()), count - len(edits))
    for world in worlds:
        project.restore()
        verdict, said = project.again(as_it_is, [world])
        yield Trial(world.kind, world.what, "commands", False, verdict, said, world.cause)
    for kind, what, change, cause in edits:
        project.restore()
        verdict, said = project.again(as_it_is, [], project.patched(change))
        yield Trial(kind, what, "commands", False, verdict, said, cause)
    pieces = list(unchanged())
    for number in range(count):
        project.restore()
        way = ways()[number % len(ways())]
        some = chance.sample(pieces, chance.randint(0, 2))
        if number % 5 == 4:
            # What was recorded from Python, without a command line, is re-run like all others.
            _run_from_python(project)
        elif number % 5 == 3:
            project.type(["run"], way, {})
        verdict, said = project.again(way, some)
        what = ", ".join([way.name, *(piece.what for piece in some)])
        yield Trial("whole commands", what, "commands", True, verdict, said)


def _run_from_python(project: Commands) -> None:
    subprocess.run(
        [sys.executable, "-c", _SESSION, str(project.project)],
        cwd=project.project,
        env=project.environment(),
        capture_output=True,
        check=True,
    )


def _edits() -> Iterator[tuple[str, str, Callable[[Path], None], tuple[str, ...]]]:
    """Give what may be done to installed packages."""

    def append(name: str) -> Callable[[Path], None]:
        def change(site: Path) -> None:
            text = (site / name).read_text()
            (site / name).unlink()  # Linked: the other environment's own file stays as it is.
            (site / name).write_text(text + "\n# patched\n")

        return change

    def put(name: str, text: str) -> Callable[[Path], None]:
        def change(site: Path) -> None:
            (site / name).unlink(missing_ok=True)
            (site / name).write_text(text)

        return change

    def renumber(name: str) -> Callable[[Path], None]:
        def change(site: Path) -> None:
            (path,) = site.glob(f"{name}-*.dist-info/METADATA")
            text = path.read_text()
            path.unlink()
            path.write_text(text.replace("\nVersion: ", "\nVersion: 0.", 1))

        return change

    for name in _PATCHED:
        yield "a patched library", name, append(name), (name.partition("/")[0],)
    for name in ("narwhals", "joblib", "threadpoolctl", "skops", "filelock"):
        yield "another version of a package", name, renumber(name), (name,)
    yield (
        *("code of the interpreter's start", "sitecustomize.py"),
        *(put("sitecustomize.py", "import math\n"), ("sitecustomize",)),
    )
    # Not usercustomize: an environment's interpreter imports none.
    yield (
        *("code of the interpreter's start", "a .pth file"),
        *(put("beside.pth", "import math\n"), ("beside.pth",)),
    )
