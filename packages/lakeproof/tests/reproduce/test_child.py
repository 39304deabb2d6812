"""The process of a re-run: the recorded code and settings, and nothing of the caller's."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lakeproof
from lakeproof import determinism
from lakeproof.reproduce.stages.child import Finished, run_child

# In the place of Kedro: does what the file says that is given as `run.yml`.
KEDRO = """
import sys
assert sys.argv[1:3] == ["run", "--config"], sys.argv
exec(open(sys.argv[3]).read())
"""

# What a re-run does with its standard input.
END_WITH_PARENT = """
import os, sys, threading, time
def wait():
    while os.read(0, 1024):
        pass
    os._exit(130)
threading.Thread(target=wait, daemon=True).start()
"""

# A command that starts the process, and can be killed.
PARENT = """
import signal, sys
from pathlib import Path
from lakeproof.reproduce.stages import child

child._PATIENCE = ((signal.SIGINT, 1.0), (signal.SIGTERM, 1.0))
place = Path(sys.argv[1])
child.run_child(
    Path(sys.executable), place, place / "run.yml", {}, place / "rerun.json",
    lambda line: print(line, flush=True),
)
"""


class Worktree:
    """A project whose `kedro run` is a script."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for package in ("kedro", "lakeproof", "tiny"):
            (path / "src" / package).mkdir(parents=True)
            (path / "src" / package / "__init__.py").touch()
        (path / "src/kedro/__main__.py").write_text(KEDRO)
        (path / "pyproject.toml").write_text('[tool.kedro]\npackage_name = "tiny"\n')
        self.said: list[str] = []

    def run(self, script: str, **arguments: object) -> Finished:
        (self.path / "run.yml").write_text(script)
        given = {"environment": {}, "say": self.said.append, **arguments}
        return run_child(
            Path(sys.executable),
            self.path,
            self.path / "run.yml",
            rerun_file=self.path / "rerun.json",
            **given,
        )

    def answer(self, expression: str, **arguments: object) -> object:
        """Give what an expression is in the process."""
        finished = self.run(f"import json, os, sys\nprint(json.dumps({expression}))", **arguments)
        assert finished.exit_code == 0, finished.stderr
        return json.loads((self.path / "rerun-stdout.txt").read_text())

    def parent(self, script: str) -> "subprocess.Popen[str]":
        """Start a command of its own that waits for the script, until the script has begun."""
        (self.path / "run.yml").write_text(script)
        return subprocess.Popen(
            [sys.executable, "-c", PARENT, str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def worktree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worktree:
    # What another test of this process was given.
    monkeypatch.setattr(determinism, "_found", None)
    path = tmp_path / "ein Projekt"
    path.mkdir()
    return Worktree(path)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int, seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_alive(pid)


def test_both_packages_come_from_the_worktree(worktree):
    """Though the interpreter has them installed from the user's tree."""
    files = worktree.answer(
        "[__import__('lakeproof').__file__, __import__('tiny').__file__, os.getcwd()]"
    )
    src = worktree.path / "src"
    assert files == [
        str(src / "lakeproof/__init__.py"),
        str(src / "tiny/__init__.py"),
        str(worktree.path),
    ]
    assert Path(lakeproof.__file__).parent != src / "lakeproof"


def test_the_source_folder_is_the_projects_own(worktree):
    """As `[tool.kedro]` names it."""
    (worktree.path / "src").rename(worktree.path / "code")
    with (worktree.path / "pyproject.toml").open("a") as file:
        file.write('source_dir = "code"\n')
    found = worktree.answer("__import__('tiny').__file__")
    assert found == str(worktree.path / "code/tiny/__init__.py")


def test_a_file_beside_the_project_shadows_no_module(worktree):
    """The command `kedro` does not search the current folder either."""
    (worktree.path / "statistics.py").write_text("raise SystemExit('shadowed')")
    assert worktree.answer("__import__('statistics').mean([1, 3])") == 2


def test_recorded_variables_are_as_they_were_and_others_gone(worktree, monkeypatch):
    """Set, or not set; the interpreter starts with them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    recorded = {
        "PYTHONHASHSEED": "42",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_CORETYPE": None,
        "MY_THREADS": None,
        determinism.HANDED_OVER: determinism.AS_FOUND,
    }
    names = [*recorded, "MKL_NUM_THREADS"]
    found = worktree.answer(f"{{n: os.environ.get(n) for n in {names!r}}}", environment=recorded)
    assert found == {**recorded, "MKL_NUM_THREADS": None}
    seeded = [
        worktree.answer("hash('wine')", environment={"PYTHONHASHSEED": "42"}) for _ in range(2)
    ]
    assert seeded[0] == seeded[1]


def test_what_leads_to_the_callers_own_is_not_handed_on(worktree, monkeypatch):
    """Its store, run, environment, code and repository; what it needs to reach a store is."""
    own = {
        "MLFLOW_TRACKING_URI": "sqlite:///mine.db",
        "MLFLOW_REGISTRY_URI": "sqlite:///mine.db",
        "MLFLOW_RUN_ID": "0",
        "MLFLOW_EXPERIMENT_NAME": "mine",
        "MLFLOW_EXPERIMENT_ID": "1",
        "KEDRO_ENV": "prod",
        "KEDRO_LOGGING_CONFIG": "mine.yml",
        "GIT_DIR": "/mine/.git",
        "PYTHONSTARTUP": "/mine.py",
        "PYTHONBREAKPOINT": "pudb.set_trace",
        "PYTHONINSPECT": "1",
        "PYTHONUSERBASE": "/mine",
    }
    for name, value in {**own, "AWS_PROFILE": "mine", "PYTHONPATH": "/mine"}.items():
        monkeypatch.setenv(name, value)
    found = worktree.answer("dict(os.environ)")
    assert not own.keys() & found.keys()
    assert found["AWS_PROFILE"] == "mine"
    assert found["PYTHONPATH"] == str(worktree.path / "src")
    assert found["LAKEPROOF_RERUN"] == str(worktree.path / "rerun.json")
    assert found[determinism.HANDED_OVER] == determinism.SET_AT_START
    assert found["DO_NOT_TRACK"] == found["KEDRO_DISABLE_TELEMETRY"] == "1"


def test_a_umask_is_the_recorded_one_where_there_is_one(worktree):
    """It decides who may read what a node writes."""
    own = worktree.answer("os.umask(0)")
    assert own != 0o007
    assert worktree.answer("os.umask(0)", umask=0o007) == 0o007


def test_more_options_reach_the_command(worktree):
    """After the file."""
    assert worktree.answer("sys.argv[4:]", extra_args=["--env", "prod"]) == ["--env", "prod"]


def test_what_it_says_is_passed_on_at_once(worktree):
    """The process waits here until its line has been heard."""
    heard = worktree.path / "heard"

    def say(line: str) -> None:
        worktree.said.append(line)
        heard.touch()

    script = f"""
import os, sys, time
print("first", file=sys.stderr, flush=True)
while not os.path.exists({str(heard)!r}):
    time.sleep(0.01)
sys.stderr.buffer.write("zweite \\xe4\\r\\n".encode() + b"\\xff without an end")
"""
    assert worktree.run(script, say=say) == Finished(0, tuple(worktree.said))
    assert worktree.said == ["first", "zweite ä", "� without an end"]


def test_an_exit_code_comes_with_the_last_fifty_lines(worktree):
    """Enough for a traceback."""
    finished = worktree.run(
        "import sys\nfor n in range(80):\n    print(n, file=sys.stderr)\nsys.exit(3)"
    )
    assert finished == Finished(3, tuple(map(str, range(30, 80))))
    assert len(worktree.said) == 80


def test_what_it_prints_is_kept_in_a_file(worktree):
    """Far more than a pipe holds; standard output of the caller stays clean."""
    worktree.run("print('x' * 1_000_000)")
    assert len((worktree.path / "rerun-stdout.txt").read_text()) == 1_000_001


def test_a_process_that_it_left_behind_does_not_hold_it_up(worktree):
    """It keeps standard error open, and is no reason to wait."""
    started = time.monotonic()
    finished = worktree.run(
        "import subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])\n"
        "print(left.pid, file=sys.stderr)\n"
    )
    assert finished.exit_code == 0
    assert time.monotonic() - started < 10
    os.kill(int(worktree.said[0]), signal.SIGKILL)


def test_it_ends_with_a_command_that_is_killed(worktree):
    """The operating system closes the pipe that it reads."""
    script = END_WITH_PARENT + "print(os.getpid(), file=sys.stderr, flush=True)\ntime.sleep(60)"
    parent = worktree.parent(script)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.communicate()
    assert ends(pid)


@pytest.mark.parametrize("is_stubborn", [False, True])
def test_an_interrupt_ends_it_and_what_it_started(worktree, is_stubborn):
    """First by asking; the interrupt then goes on to whoever waits."""
    answer = "SIG_IGN" if is_stubborn else "default_int_handler"
    parent = worktree.parent(
        f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.{answer})
if {is_stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), other.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.send_signal(signal.SIGINT)
    _, stderr = parent.communicate(timeout=30)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert all(ends(pid) for pid in pids)


def test_an_error_while_telling_ends_it(worktree):
    """Nobody would read what it says."""

    def say(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match=r"\d+") as error:
        worktree.run(
            "import os, sys, time\nprint(os.getpid(), file=sys.stderr, flush=True)\ntime.sleep(60)",
            say=say,
        )
    assert ends(int(str(error.value)))


def test_what_the_callers_project_has_put_into_the_environment_stays_there(worktree, monkeypatch):
    """Its `settings.py` is today's; what the command itself was given is handed on."""
    monkeypatch.setenv("GIVEN", "to the command")
    determinism.remember()
    monkeypatch.setenv("OF_SETTINGS", "today's")
    monkeypatch.setenv("GIVEN", "changed by settings")
    determinism.remember()
    found = worktree.answer("dict(os.environ)")
    assert found["GIVEN"] == "to the command"
    assert "OF_SETTINGS" not in found
