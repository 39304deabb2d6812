"""Processes of re-runs that share one import: each is what a process of its own would be."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from lakeproof.reproduce.stages.fork import fork_processes, fork_server, forks
from lakeproof.reproduce.stages.fork.forks import Forks

from .test_child import Worktree, worktree

__all__ = ["worktree"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")

# All that a process can see of how it came to be, but for its number.
SEEN = """{
    "argv": sys.argv, "typed": sys.orig_argv, "folder": os.getcwd(), "path": sys.path,
    "environment": dict(os.environ), "umask": os.umask(0o22), "safe": sys.flags.safe_path,
    "hash": hash("a"), "group": os.getpgid(0) == os.getpid(), "name": __name__,
    "python": sys.executable,
}"""


@pytest.fixture
def forked(monkeypatch):
    monkeypatch.setattr(forks, "_OF_EVERY_RUN", ("wave",))
    with Forks() as found:
        yield found


def test_a_fork_sees_what_a_process_of_its_own_sees(worktree: Worktree, forked):
    given = {"environment": {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}, "umask": 0o27}
    alone = worktree.answer(SEEN, **given)
    assert worktree.answer(SEEN, **given, start=forked.start) == alone
    assert alone["umask"] == 0o27


def test_what_is_imported_is_shared_and_what_a_run_leaves_is_not(worktree: Worktree, forked):
    """Neither a module's state nor the random numbers that nobody seeded."""
    look = (
        "(lambda wave, was: [os.getppid(), was, vars(wave).setdefault('left', 1), "
        "__import__('random').random()])(__import__('wave'), 'wave' in sys.modules)"
    )
    again = "hasattr(__import__('wave'), 'left')"
    one = worktree.answer(look, start=forked.start)
    assert worktree.answer(again, start=forked.start) is False
    other = worktree.answer(look, start=forked.start)
    assert one[:3] == other[:3] == [one[0], True, 1]
    assert one[3] != other[3]
    assert worktree.answer(look)[0] != one[0]


def test_another_variable_is_another_process_that_forks(worktree: Worktree, forked):
    """What a library reads when it is imported is as the run had it."""
    parents = {
        worktree.answer("os.getppid()", start=forked.start, environment={"OMP_NUM_THREADS": one})
        for one in ("1", "2", "1")
    }
    assert len(parents) == 2


def test_how_it_ends_is_told(worktree: Worktree, forked):
    """By exit code, by an error that nobody caught, by a signal; and what it said."""
    assert worktree.run("raise SystemExit(3)", start=forked.start).exit_code == 3
    ended = worktree.run("raise ValueError('so it is')", start=forked.start)
    assert (ended.exit_code, ended.stderr[-1]) == (1, "ValueError: so it is")
    killed = worktree.run("import os; os.kill(os.getpid(), 9)", start=forked.start)
    assert killed.exit_code == -9
    assert worktree.run("raise SystemExit('no')", start=forked.start).stderr == ("no",)


def test_what_starts_threads_is_not_forked(tmp_path):
    """No thread outlives a fork, and whoever waits for one waits for ever."""
    place = tmp_path
    (place / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    for library, is_ready in (("threaded", False), ("wave", True)):
        assert can_be_forked(library, place) is is_ready


@pytest.mark.parametrize(
    ("version", "is_ready"), [("1.44.1", False), ("2.0.0", False), ("2.1.0", True), ("20.0", True)]
)
def test_where_a_fork_of_polars_would_not_end_nothing_is_forked(tmp_path, version, is_ready):
    """Before 2.1 it waits, as the interpreter ends, for a thread that a fork does not have."""
    (tmp_path / "polars.py").write_text(f"__version__ = {version!r}\n")
    assert can_be_forked("polars", tmp_path) is is_ready


def can_be_forked(library: str, folder: Path) -> bool:
    """Ask a process that has imported it."""
    server = fork_processes.Server.started(sys.executable, [library], {"PYTHONPATH": str(folder)})
    try:
        return server.is_ready()
    finally:
        server.close()


@pytest.mark.parametrize("is_forked", [False, True])
def test_what_does_not_end_is_ended(worktree: Worktree, forked, is_forked):
    given = {"start": forked.start} if is_forked else {}
    late = worktree.run("import time; time.sleep(60)", most_seconds=0.3, **given)
    assert late.is_late
    assert not worktree.run("pass", most_seconds=60.0, **given).is_late


def test_modules_that_the_code_names_are_imported_before(tmp_path):
    """Not the project's own, nor what looks at the folder that it is imported in."""
    source = tmp_path / "src"
    (source / "tiny").mkdir(parents=True)
    code = "import tiny.rows\nimport sklearn.svm as svm\nfrom kedro.io import x\nfrom . import y\n"
    (source / "tiny/nodes.py").write_text(f"def f():\n    from scipy import stats\n\n\n{code}")
    (source / "tiny/broken.py").write_text("import json\nthis is no Python\n")
    found = set(forks._imports_of([source], tmp_path))
    assert {"sklearn.svm", "sklearn.ensemble", "scipy", "deltalake"} <= found
    assert {one for one in found if one.startswith(("tiny", "kedro", "lakeproof"))} == set(
        forks._OURS
    )
    (source / "lakeproof").mkdir()
    found = set(forks._imports_of([source], tmp_path))
    assert {one for one in found if one.startswith("lakeproof")} == set()
    (tmp_path / "matplotlibrc").touch()
    assert "matplotlib.figure" not in set(forks._imports_of([source], tmp_path))


@pytest.mark.slow
def test_what_is_imported_before_looks_at_no_folder():
    """Kedro's framework reads `conf/logging.yml` of where it is imported, as plug-ins do."""
    code = (
        "import importlib, sys\n"
        "_FOLDER = 'kedro.framework', 'kedro_mlflow', 'kedro_viz'\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print([one for one in sys.modules if one.startswith(_FOLDER)])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *forks._OURS], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_files_of_a_stack_are_those_that_python_names():
    assert [one.filename for one in fork_server._stack()] == [
        one.filename for one in inspect.stack()
    ]
