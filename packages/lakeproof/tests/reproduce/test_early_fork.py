"""A re-run whose process began with the command: it is what a process of its own would be."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.test_startup import LOGGING, SCRIPT, bare_environment, started

from lakeproof import determinism
from lakeproof.errors import LakeproofError
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.record.mlflow_store.tracking import Tracking
from lakeproof.reproduce.stages import child_system
from lakeproof.reproduce.stages.fork import store_process
from lakeproof.reproduce.stages.fork.fork_processes import Server
from lakeproof.reproduce.stages.fork.store_process import InAnother
from small import FILES, store_in

from .test_child import Worktree, worktree
from .test_forks import SEEN

__all__ = ["worktree"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")

# What a re-run can see of how it came to be; what is another number each time is left out.
NODES = """
import gc, json, locale, logging, os, random, resource, signal, sys, tempfile, threading, time
import warnings

MODULES = sorted(sys.modules)


def look(text):
    import numpy as np
    import polars as pl
    import threadpoolctl

    shown = {
        "argv": sys.argv, "typed": sys.orig_argv[1:], "path": sys.path, "folder": os.getcwd(),
        "environment": {**os.environ, "MLFLOW_RUN_CONTEXT": None}, "umask": os.umask(0o22),
        "safe": sys.flags.safe_path, "flags": repr(sys.flags), "warned": sys.warnoptions,
        "hash": hash("a"),
        "leads": os.getpgid(0) == os.getpid(), "locale": locale.setlocale(locale.LC_ALL),
        "temporary": tempfile.gettempdir(), "clock": time.tzname,
        "streams": [
            [one.encoding, one.errors, one.line_buffering, one.isatty()]
            for one in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "signals": [str(signal.getsignal(one)).split(" at ")[0] for one in signal.valid_signals()],
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
        "threads": [
            one.name for one in threading.enumerate() if not one.name.startswith("lakeproof")
        ],
        "collects": [gc.isenabled(), gc.get_threshold()],
        "handlers": [repr(one) for one in logging.root.handlers],
        "loggers": {
            name: [one.level, one.disabled]
            for name, one in sorted(logging.root.manager.loggerDict.items())
            if isinstance(one, logging.Logger)
        },
        "filters": sorted(map(repr, warnings.filters)),
        "open": [one for one in range(3, 64) if is_inherited(one)],
        "polars": pl.thread_pool_size(),
        "pools": sorted(one["num_threads"] for one in threadpoolctl.threadpool_info()),
        "precision": np.geterr(),
    }
    own = {
        "parent": os.getppid(), "id": os.getpid(), "modules": MODULES,
        "is_forked": "lakeproof.reproduce.stages.fork.early_fork" in sys.modules,
        "random": [random.random(), float(np.random.rand())],
    }
    with open(os.environ["TOLD"], "w") as file:
        json.dump([shown, own], file)
    if "WAITS" in os.environ:
        time.sleep(60)
    return {"length": len(text)}


def is_inherited(number):
    try:
        return os.get_inheritable(number)
    except OSError:
        return False
"""
REGISTRY = """
from kedro.pipeline import node, pipeline
from small_project.nodes import look


def register_pipelines():
    return {"__default__": pipeline([node(look, "text", "length", name="look")])}
"""
CATALOG = """
text: {type: text.TextDataset, filepath: data/text.txt}
length: {type: json.JSONDataset, filepath: data/length.json}
"""


# What this package imports of itself, and of what it digests and reads records with.
OURS = {"lakeproof", "pydantic", "xxhash"}


class Told:
    """A project with a run, and what its re-runs tell of themselves."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self.path = path / "project"
        self.environment = environment
        self._told = path / "told.json"
        files = {
            **FILES,
            "src/small_project/nodes.py": NODES,
            "src/small_project/pipeline_registry.py": REGISTRY,
            "conf/base/catalog.yml": CATALOG,
            "conf/logging.yml": LOGGING + "disable_existing_loggers: false\n",
            "data/text.txt": "so it is",
        }
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        for words in ("init -q", "add -A", "commit -q -m As-told"):
            command = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost", *words.split()]
            subprocess.run(command, cwd=self.path, check=True)

    def run(self, **variables: str) -> None:
        """Have a run."""
        started([str(SCRIPT), "run"], self.path, **self._variables(variables))

    def again(self, *words: str, **variables: str) -> tuple[dict, dict]:
        """Have it again: all that its process sees, and what is its own."""
        command = [*(words or [str(SCRIPT)]), "reproduce", "last"]
        done = started(command, self.path, **self._variables(variables))
        assert done.stdout.startswith("REPEATED"), done.stdout
        scratch = next((self.path / ".lakeproof").glob("scratch/*"), None)
        assert scratch is None
        text = self._told.read_text()
        shown, own = json.loads(text)
        name = Path(shown["folder"]).parent.name
        return json.loads(text.replace(name, "NAME"))[0], own

    def begun(self, **variables: str) -> "subprocess.Popen[str]":
        """Have it again, and wait until its node is at work; its process is told as `own`."""
        self._told.unlink(missing_ok=True)
        process = self.started(WAITS="1", **variables)
        until(lambda: self._told.exists() and self._told.read_text().endswith("]"))
        return process

    def started(self, **variables: str) -> "subprocess.Popen[str]":
        """Have it again, and do not wait."""
        environment = bare_environment() | self._variables(variables)
        command = [str(SCRIPT), "reproduce", "last"]
        return subprocess.Popen(
            command, cwd=self.path, env=environment, text=True, stdout=-1, stderr=-1
        )

    @property
    def own(self) -> dict:
        """What was told last."""
        return json.loads(self._told.read_text())[1]

    def _variables(self, more: dict[str, str]) -> dict[str, str]:
        return {**self.environment, "TOLD": str(self._told), **more}


def until(is_so, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_there(process: int) -> bool:
    """Tell whether a process lives; one that nobody has asked for its end does not."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LAKEPROOF_PLAIN", "PYTHONPATH", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        found = Told(tmp_path_factory.mktemp("told"), {})
        found.run()
        yield found


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed", [(), (sys.executable, "-m", "kedro"), (sys.executable, "-P", "-m", "kedro")]
)
def test_it_sees_what_a_process_of_its_own_sees(told: Told, typed):
    """Led elsewhere by a variable of the caller's, the command cannot have forked it."""
    early, its = told.again(*typed)
    late, own = told.again(*typed, PYTHONUSERBASE="/nowhere")
    assert (its["is_forked"], own["is_forked"]) == (True, False)
    assert early == late
    assert its["random"] != own["random"]
    assert told.again(*typed)[1]["random"] != its["random"]
    # What is imported before the project's code, in whatever order, is the same but for our own.
    more = {*its["modules"]} - {*own["modules"]}
    assert {one.partition(".")[0] for one in more} <= OURS


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [{"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "KEDRO_ENV": "base"}, {"TZ": "Asia/Tokyo"}],
)
def test_what_else_the_caller_has_set_changes_nothing(told: Told, variables):
    """The store and the environment of another project, another time zone than the run's."""
    early, its = told.again(**variables)
    late, _ = told.again(**variables, PYTHONUSERBASE="/nowhere")
    assert early == late
    # The time zone is the run's: a process that has seen another is none for it.
    assert its["is_forked"] is ("TZ" not in variables)


@pytest.mark.slow
def test_a_run_with_other_threads_has_them_again(tmp_path, with_tricks, monkeypatch):
    """What was imported had one; the process begins anew."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    project = Told(tmp_path, {})
    project.run(OMP_NUM_THREADS="2", POLARS_MAX_THREADS="2")
    shown, own = project.again()
    assert (shown["environment"]["OMP_NUM_THREADS"], shown["polars"]) == ("2", 2)
    assert not own["is_forked"]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_with_the_command_all_of_it_ends(told: Told, how):
    """The process that forks, too, whether somebody interrupts the command or kills it."""
    process = told.begun()
    rerun, server = told.own["id"], told.own["parent"]
    assert is_there(rerun)
    assert is_there(server)
    assert server != process.pid
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    assert "Traceback" not in said
    until(lambda: not is_there(rerun) and not is_there(server))


# What a command can see of how it came to be.
COMMAND = """
import json, os, sys
import polars, pyarrow
print(json.dumps({
    "argv": sys.argv, "typed": sys.orig_argv[1:], "path": sys.path, "name": __name__,
    "polars": polars.thread_pool_size(), "arrow": pyarrow.cpu_count(), "folder": os.getcwd(),
    "environment": {
        name: value for name, value in os.environ.items() if not name.startswith(("KMP", "_RJEM"))
    },
}))
raise SystemExit(3)
"""


@pytest.mark.slow
@pytest.mark.parametrize("typed", [["a command", "last"], ["-m", "probe"], ["-P", "a command"]])
def test_the_command_is_what_was_typed(tmp_path, typed):
    """With its own variables and threads: those of the re-run were for the imports alone."""
    for name in ("a command", "probe.py"):
        (tmp_path / name).write_text(COMMAND)
    settings = "[tool.kedro]\npackage_name = 'tiny'\n[tool.lakeproof]\n"
    (tmp_path / "pyproject.toml").write_text(settings)
    recipe = determinism.Recipe().variables
    added = {"LAKEPROOF_ADDED": json.dumps(list(recipe)), **recipe}
    early = [sys.executable, "-P", "-m", "lakeproof.startup.early_start", *typed]
    given = {"DO_NOT_TRACK": "0", "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    alone = started([sys.executable, *typed], tmp_path, code=3, **given)
    found = started(early, tmp_path, code=3, **given, **added)
    assert json.loads(found.stdout) == json.loads(alone.stdout)
    assert found.stderr == alone.stderr


IMPORT = """
import decimal, importlib, json, locale, os, random, signal, sys
import numpy as np
from lakeproof.record.documents import sections
from lakeproof.reproduce.stages.fork import early_rerun

def seen():
    return repr([
        random.getstate(), np.random.get_state(), decimal.getcontext(), np.geterr(), os.getcwd(),
        locale.setlocale(locale.LC_ALL), os.umask(0o22), sys.excepthook, sys.displayhook,
        [signal.getsignal(one) for one in signal.valid_signals()], sys.getrecursionlimit(),
    ])

random.seed(1), np.random.seed(1)
before = seen()
for name in (*early_rerun.OF_BOTH, *early_rerun.OF_THE_RUN):
    importlib.import_module(name)
sections.reader()
assert seen() == before
assert "mlflow" in sys.modules
"""


@pytest.mark.slow
def test_what_is_imported_early_leaves_all_as_it_was():
    """Random numbers, for one: rich draws some when it is imported, and is not among them."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def forks(worktree: Worktree):
    """Give what starts forks of a process that has imported something and seen some variables."""
    servers = []

    def starting(library: str, **given: str):
        alone = worktree.answer("dict(os.environ)", environment=SETTINGS)
        for name in ("PYTHONPATH", "LAKEPROOF_RERUN", "LAKEPROOF_RECIPE"):
            alone.pop(name, None)
        servers.append(Server.started(sys.executable, [library], {**alone, **given}))
        assert servers[-1].is_ready()

        def start(*asked):
            return servers[-1].fork(*asked) or child_system.start(*asked)

        return start

    yield starting
    for server in servers:
        server.close()


SETTINGS = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
IS_FORKED = "'wave' in sys.modules"


@pytest.mark.parametrize(("threads", "is_forked"), [("1", True), ("2", False)])
def test_what_has_seen_other_variables_is_not_forked(worktree, forks, threads, is_forked):
    start = forks("wave", OMP_NUM_THREADS=threads)
    given = {"environment": SETTINGS, "umask": 0o27}
    assert worktree.answer(IS_FORKED, **given, start=start) is is_forked
    assert worktree.answer(SEEN, **given, start=start) == worktree.answer(SEEN, **given)
    ended = worktree.run("raise ValueError('so it is')", **given, start=start)
    assert (ended.exit_code, ended.stderr[-1]) == (1, "ValueError: so it is")


@pytest.mark.parametrize("name", ["src/wave.py", "waverc"])
def test_what_has_imported_another_thing_than_the_project_is_not_forked(worktree, forks, name):
    """What is searched first is the project's own; and matplotlib reads its `matplotlibrc`."""
    start = forks("wave")
    assert worktree.answer(IS_FORKED, environment=SETTINGS, start=start) is True
    (worktree.path / name).write_text("WHOSE = 'the project'\n")
    assert worktree.answer(IS_FORKED, environment=SETTINGS, start=start) is False


def test_variables_that_a_library_sets_are_those_of_the_fork_too(worktree, forks):
    look = "(__import__('threadpoolctl'), os.environ.get('KMP_DUPLICATE_LIB_OK'))[1]"
    assert worktree.answer(look, environment=SETTINGS) == "True"
    start = forks("threadpoolctl")
    assert worktree.answer(look, environment=SETTINGS, start=start) == "True"


def test_what_a_library_starts_is_not_taken_for_a_fork(worktree, forks, tmp_path, monkeypatch):
    """It ends when it likes, before the fork or after it."""
    (tmp_path / "starting.py").write_text(
        "import subprocess\n"
        "for seconds in ('0', '0.2', '0.5'): subprocess.Popen(['sleep', seconds])\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    start = forks("starting", PYTHONPATH=str(tmp_path))
    for _ in range(3):
        found = worktree.run("import time\ntime.sleep(0.3)\nraise SystemExit(3)", start=start)
        assert found.exit_code == 3


def test_without_what_forks_a_process_is_started(worktree, forks):
    """It may be ended by the system, where memory runs out."""
    start = forks("wave")
    parent = worktree.answer("os.getppid()", environment=SETTINGS, start=start)
    os.kill(parent, signal.SIGKILL)
    until(lambda: not is_there(parent))
    assert worktree.answer(IS_FORKED, environment=SETTINGS, start=start) is False


@pytest.fixture
def writer():
    """Give what has another process write into a store."""
    server = Server.started(sys.executable, ["wave"], dict(os.environ))
    assert server.is_ready()
    yield InAnother(*server.call(store_process.FUNCTION))
    server.close()


def test_another_process_is_asked_for_what_it_gives_and_raises(writer):
    """Also after something that nobody has waited for, and that has failed."""
    writer.begin_to_open(None)
    assert writer.call(os.getpid) not in (os.getpid(), os.getppid())
    with pytest.raises(FileNotFoundError, match="nowhere"):
        writer.call(os.stat, "/nowhere")
    with pytest.raises(LakeproofError, match="lock"):
        writer.call(threading.Lock)
    assert writer.call(os.getcwd) == os.getcwd()
    # What cannot be sent is done here.
    assert writer.call(lambda: os.getpid()) == os.getpid()
    assert writer.call(os.getpid) != os.getpid()


def test_what_ends_at_work_says_so_and_from_then_on_it_is_done_here(writer):
    pid = writer.call(os.getpid)
    with pytest.raises(LakeproofError, match="has ended"):
        writer.call(os.kill, pid, signal.SIGKILL)
    until(lambda: not is_there(pid))
    assert writer.call(os.getpid) == os.getpid()


def test_an_interrupt_ends_what_is_written_there(writer):
    """Though a library has had interrupted calls go on, as Polars does."""
    signal.siginterrupt(signal.SIGINT, False)
    pid = writer.call(os.getpid)
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        writer.call(time.sleep, 60)
    until(lambda: not is_there(pid))
    assert writer.call(os.getpid) == os.getpid()


def test_the_end_of_another_fork_is_no_end_of_this_one(worktree, forks):
    """Nor does whoever waits for one wait for ever when another one ends."""
    start = forks("wave")
    command = [sys.executable, "-P", "-m", "kedro", "run", "--config", "run.yml"]
    alone = worktree.answer("dict(os.environ)", environment=SETTINGS)
    (worktree.path / "run.yml").write_text("import time\ntime.sleep(1)\nraise SystemExit(3)")
    with (worktree.path / "said.txt").open("wb") as said:
        process = start(command, worktree.path, alone, said, None)
        # One that waits to be asked.
        _line, other = process._server.call(store_process.FUNCTION)
        os.kill(other, signal.SIGKILL)
        until(lambda: not is_there(other))
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        assert process.wait(10) == 3
        assert process._server.end_of(other, 0) == -signal.SIGKILL


@pytest.mark.slow
def test_an_interrupt_while_it_imports_is_told_in_a_word(told: Told):
    """Before there is a project, or anything of Kedro's."""
    process = told.started()
    until(lambda: "numpy" in Path(f"/proc/{process.pid}/maps").read_text())
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said


@pytest.mark.slow
def test_without_its_streams_a_command_does_as_ever(told: Told):
    words = "sh", "-c", 'exec "$0" "$@" 2>&-', str(SCRIPT)
    assert told.again(*words)[1]["is_forked"] is False


def test_a_store_that_is_open_here_is_opened_there(writer, tmp_path):
    """Nothing of it is handed over but where it is."""
    records = RecordStore(Tracking(store_in(tmp_path), "tiny", str(tmp_path / "artifacts"), {}))
    assert records.client.search_experiments()
    again = pickle.loads(pickle.dumps(records))
    assert (again.tracking, "client" in vars(again)) == (records.tracking, False)
    writer.begin_to_open(records)
    assert writer.call(RecordStore.runs, records) == records.runs() == []
