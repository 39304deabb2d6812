"""What is in force before Kedro imports anything, and what is not imported at all."""

import inspect
import json
import os
import platform
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

import pytest

from lakeproof import determinism, startup
from lakeproof.startup import begin
from lakeproof.startup.libraries import quick_stack
from lakeproof.startup.libraries.quick_stack import name_files_of_stack

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")

ROOT = Path(__file__).parents[3]


def kedro(*arguments: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, *flags, "-m", "kedro", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_help_imports_neither_mlflow_nor_an_engine():
    """They would be most of its time."""
    imported = kedro("run", "--help", flags=("-X", "importtime")).stderr
    modules = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert "kedro" in modules
    heavy = (
        "mlflow",
        "polars",
        "pyarrow",
        "deltalake",
        "sklearn",
        "matplotlib",
        "numpy",
        "pydantic_core",
        "requests",
    )
    assert not modules & set(heavy)


@pytest.mark.slow
def test_the_commands_of_kedro_mlflow_are_there_all_the_same():
    """Imported when they are asked for, without the warnings of what they import."""
    done = kedro("mlflow", "--help")
    assert "modelify" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.slow
def test_the_stand_in_becomes_the_real_module():
    """For whoever imports something else from it."""
    code = """
import sys
from lakeproof.startup.libraries.lazy_kedro_mlflow import defer_kedro_mlflow
defer_kedro_mlflow()
from kedro_mlflow.framework.cli.cli import TEMPLATE_FOLDER_PATH, KedroClickGroup, commands
assert TEMPLATE_FOLDER_PATH.name == "project"
assert commands.get_command(None, "mlflow").name == "mlflow"
assert not hasattr(sys.modules["kedro_mlflow.framework.cli.cli"], "nothing")
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_telemetry_is_off_unless_the_user_said_otherwise(monkeypatch):
    """A value that is set stays; and what was set before is what a re-run is handed."""
    monkeypatch.setattr(determinism, "_found", None)
    with mock.patch.dict(os.environ, {"DO_NOT_TRACK": "0"}), warnings.catch_warnings():
        os.environ.pop("KEDRO_DISABLE_TELEMETRY", None)
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        startup.prepare()
        assert os.environ["KEDRO_DISABLE_TELEMETRY"] == "1"
        assert os.environ["DO_NOT_TRACK"] == "0"
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert determinism.as_given()["DO_NOT_TRACK"] == "0"
        assert "KEDRO_DISABLE_TELEMETRY" not in determinism.as_given()


def test_in_a_project_that_is_not_ours_nothing_is_set(tmp_path, monkeypatch):
    """What is installed in an environment comes to all of its projects."""
    (tmp_path / "pyproject.toml").write_text("[tool.kedro]\npackage_name = 'told'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(determinism, "_found", None)
    show = warnings.showwarning
    with mock.patch.dict(os.environ):
        for name in ("KEDRO_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
            os.environ.pop(name, None)
        startup.prepare()
        assert not {"KEDRO_DISABLE_TELEMETRY", "DO_NOT_TRACK"} & set(os.environ)
        assert warnings.showwarning is show


WARN = """
import logging, sys, warnings
captured = "captured" in sys.argv
if captured:
    logging.captureWarnings(True)
from lakeproof.startup import prepare
prepare()
prepare()
if "later" in sys.argv:
    logging.captureWarnings(True)
class Handler(logging.Handler):
    def emit(self, record):
        print(record.filename, record.getMessage(), file=sys.stderr)
logging.getLogger("py.warnings").addHandler(Handler())
warnings.simplefilter("always")
warnings.warn("register_new_resolver() is deprecated and will go")
warnings.warn("your data is on fire")
"""


@pytest.mark.parametrize("how", ["captured", "later", "printed"])
def test_only_the_warnings_of_plugins_are_left_out_and_others_keep_their_place(tmp_path, how):
    """Whether Kedro hands them to logging, as it does unless a project says otherwise, or not."""
    (tmp_path / "script.py").write_text(WARN)
    said = started([sys.executable, "script.py", how], tmp_path).stderr
    assert "script.py:17: UserWarning: your data is on fire" in said
    assert "register_new_resolver" not in said
    # What logging names as its own place is what it names without us.
    assert not {"quiet.py", "begin.py"} & set(said.split())


def test_a_warning_that_the_user_made_an_error_is_one(tmp_path):
    (tmp_path / "script.py").write_text(WARN.replace('warnings.simplefilter("always")', ""))
    done = started([sys.executable, "-W", "error", "script.py"], tmp_path, code=1)
    assert "UserWarning: register_new_resolver() is deprecated and will go" in done.stderr


def test_every_trick_that_the_switch_turns_off_is_in_the_rooms_table():
    """So that whoever wants to be rid of one finds it."""
    package = Path(startup.__file__).parents[1]
    asking = {
        ".".join(path.relative_to(package).with_suffix("").parts)
        .removeprefix("startup.")
        .removeprefix("libraries.")
        for path in package.rglob("*.py")
        if "is_plain()" in path.read_text() and path.name != "plain.py"
    }
    assert "delta.log.log_view" in asking
    assert {name for name in asking if f"`{name}`" not in startup.__doc__} == set()


@pytest.mark.parametrize("variable", ["", "0", "1"])
def test_one_switch_turns_off_what_only_makes_a_start_faster(tmp_path, variable):
    """And not what a run needs."""
    code = """
import gc, logging, os, sys
sys.argv = ["kedro", "run"]
from lakeproof.startup import prepare
usual = gc.get_threshold()
prepare()
assert os.environ["KEDRO_DISABLE_TELEMETRY"] == "1"
from lakeproof.startup.faster_imports import without_collecting, without_ipython
with without_collecting(), without_ipython():
    is_absent = sys.modules.get("IPython", "not loaded") is None
    print(
        "kedro_mlflow.framework.cli.cli" in sys.modules,
        "scipy" in sys.modules,
        gc.get_threshold() != usual,
        bool(logging.getLogger("py.warnings").filters),
        not gc.isenabled(),
        is_absent,
    )
"""
    done = started([sys.executable, "-c", code], tmp_path, LAKEPROOF_PLAIN=variable)
    assert set(done.stdout.split()) == {"False" if variable == "1" else "True"}


# A run command that says what it was started with, in a project that has nothing else.
COMMAND = '''
import json, os, sys, time
import click
from lakeproof import determinism
from lakeproof.record.setup.compute import gather_compute

@click.group(name="told")
def cli():
    """Take the place of Kedro's own."""

@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def run(words):
    """Tell."""
    if "blas" in words:
        import numpy
    if "wait" in words:
        print("waiting", flush=True)
        time.sleep(60)
    compute = gather_compute("embedded", {})
    told = {
        "recipe": compute.recipe,
        "threads": compute.threads,
        "kernels": sorted({pool.architecture for pool in compute.libraries} - {None}),
        "pools": sorted({pool.threads for pool in compute.libraries}),
        "is_random": sys.flags.hash_randomization,
        "hash": hash("text"),
        "argv": sys.argv[1:],
        "options": sys._xoptions,
        "warnings": sys.warnoptions,
        "prefix": sys.prefix,
        "cwd": os.getcwd(),
        "stdin": sys.stdin.read() if "stdin" in words else None,
        "handed_over": os.environ.get(determinism.HANDED_OVER),
    }
    print(json.dumps(told))
    if words and words[0].isdigit():
        sys.exit(int(words[0]))
'''
LOGGING = "version: 1\nloggers: {kedro: {level: WARNING}}\n"
SCRIPT = Path(sys.executable).with_name("kedro")


@pytest.fixture
def told(tmp_path):
    """A project whose run tells what it was started with."""
    return telling_project(tmp_path / "told", "[tool.lakeproof]")


def telling_project(folder: Path, *lines: str) -> Path:
    package = folder / "src" / "told"
    package.mkdir(parents=True)
    (folder / "conf").mkdir()
    (folder / "conf" / "logging.yml").write_text(LOGGING)
    (package / "__init__.py").touch()
    (package / "settings.py").touch()
    (package / "cli.py").write_text(COMMAND)
    kedro_table = "package_name = 'told'\nproject_name = 'told'\nkedro_init_version = '1.7.0'\n"
    text = f"[tool.kedro]\n{kedro_table}" + "\n".join(lines)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def started(
    command: list[str], cwd: Path, stdin: str = "", code: int = 0, **environ: str
) -> subprocess.CompletedProcess:
    """Start a command with none of the recipe's variables but those given."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=bare_environment() | environ,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def bare_environment() -> dict[str, str]:
    own = (*determinism.VARIABLES, determinism.HANDED_OVER)
    return {name: value for name, value in os.environ.items() if name not in own}


def answer(command: list[str], cwd: Path, **more) -> dict:
    return json.loads(started(command, cwd, **more).stdout)


MODULE = [sys.executable, "-m", "kedro", "run"]


@pytest.mark.slow
def test_a_run_has_its_recipe_before_numpy_and_before_the_interpreter_starts(told):
    """One thread, as the libraries themselves tell it, and the hash of a seed that is known."""
    first, second = answer([*MODULE, "blas"], told), answer([*MODULE, "blas"], told)
    assert first["recipe"] == "set at start"
    assert first["threads"]["PYTHONHASHSEED"] == "0"
    assert first["pools"] == [1]
    assert first["threads"]["OPENBLAS_CORETYPE"] is None
    assert (first["hash"], first["is_random"]) == (second["hash"], 0)
    assert first["handed_over"] is None


@pytest.mark.slow
def test_a_project_without_the_table_is_left_alone(tmp_path):
    """As is one that opts out, which says so."""
    plain = telling_project(tmp_path / "plain")
    out = telling_project(tmp_path / "out", "[tool.lakeproof]", "recipe = false")
    for folder, word in ((plain, "as found"), (out, "opted out")):
        found = answer(MODULE, folder)
        assert found["recipe"] == word
        assert set(found["threads"].values()) == {None}
        assert found["is_random"] == 1


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="The kernel is one of x86.")
def test_a_kernel_that_is_asked_for_is_the_one_that_computes(tmp_path):
    """As OpenBLAS tells it; without being asked for it would not be this old one."""
    asked = telling_project(tmp_path / "asked", "[tool.lakeproof]", 'blas_kernel = "Nehalem"')
    assert answer([*MODULE, "blas"], asked)["kernels"] == ["Nehalem"]
    free = telling_project(tmp_path / "free", "[tool.lakeproof]")
    assert answer([*MODULE, "blas"], free)["kernels"] != ["Nehalem"]


@pytest.mark.slow
def test_what_the_caller_set_stays_and_is_what_the_record_says(told):
    """Nothing needs to be started again then."""
    found = answer([*MODULE, "blas"], told, PYTHONHASHSEED="5", OMP_NUM_THREADS="2")
    assert found["threads"]["PYTHONHASHSEED"] == "5"
    assert found["threads"]["OMP_NUM_THREADS"] == "2"
    assert found["threads"]["OPENBLAS_NUM_THREADS"] == "1"
    assert found["recipe"] == "set at start"


@pytest.mark.slow
@pytest.mark.parametrize("place", [".", "src/told"])
def test_arguments_input_folder_and_exit_code_are_passed_on(told, place):
    """A script started by a relative path is found again too."""
    folder = told / place
    script = os.path.relpath(SCRIPT, folder)
    command = [script, "run", "3", "stdin", "--params", "a=b c,d='e'", "*"]
    done = started(command, folder, stdin="one\ntwo", code=3)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["argv"] == command[1:]
    assert found["stdin"] == "one\ntwo"
    assert found["cwd"] == str(folder)
    assert found["recipe"] == "set at start"
    assert found["prefix"] == sys.prefix


@pytest.mark.slow
def test_the_options_of_the_interpreter_are_passed_on(told):
    """`-X` and `-W` stand before the module's name."""
    options = ["-X", "utf8", "-X", "told=yes", "-W", "ignore"]
    found = answer([sys.executable, *options, "-m", "kedro", "run"], told)
    assert found["options"] == {"utf8": True, "told": "yes"}
    assert found["warnings"] == ["ignore"]
    assert found["recipe"] == "set at start"


@pytest.mark.slow
def test_numpy_that_is_there_already_gets_its_threads_too(told):
    """Even where the hash seed is set: it is started again before numpy looks."""
    code = "import numpy; from kedro.framework.cli import main; main()"
    found = answer([sys.executable, "-c", code, "run"], told, PYTHONHASHSEED="0")
    assert found["recipe"] == "set at start"
    assert found["pools"] == [1]


@pytest.mark.slow
def test_where_it_cannot_be_started_again_it_is_left_as_found_and_says_so(told):
    """A program from standard input is gone once read, and `-E` reads no hash seed."""
    from_stdin = [sys.executable, "-", "run"]
    program = "from kedro.framework.cli import main; main()"
    debugged = "import sys; sys.settrace(lambda *_: None); " + program
    replaced = "import sys; sys.argv[1:] = ['run', 'other']; " + program
    for command, stdin in (
        (from_stdin, program),
        ([sys.executable, "-E", "-m", "kedro", "run"], ""),
        ([sys.executable, "-c", debugged, "run"], ""),
        ([sys.executable, "-c", replaced, "run"], ""),
    ):
        found = answer(command, told, stdin=stdin)
        assert found["recipe"] == "as found"
        assert set(found["threads"].values()) == {None}


@pytest.mark.slow
def test_a_recorded_recipe_that_is_handed_over_is_not_mended(told):
    """A re-run has what the run had, whatever the project asks for today."""
    then = dict.fromkeys(determinism.VARIABLES) | {"OMP_NUM_THREADS": "2"}
    environ = determinism.restored(bare_environment(), then, determinism.AS_FOUND)
    found = answer(MODULE, told, **environ)
    assert found["recipe"] == "as found"
    assert found["threads"] == then


@pytest.mark.slow
def test_a_key_that_is_none_ends_the_run_in_a_sentence(tmp_path):
    """Before anything is imported that could do something."""
    wrong = telling_project(tmp_path / "wrong", "[tool.lakeproof]", "treads = 1")
    done = started(MODULE, wrong, code=1)
    assert "Unknown key 'treads' in [tool.lakeproof] (pyproject.toml). The keys are:" in done.stderr
    assert "Did you mean 'threads'? Nothing was run." in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    started([*MODULE, "--help"], wrong)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Signals are those of POSIX.")
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_signal_reaches_the_run_itself(told, number):
    """It is the same process, so that whoever started it can end it."""
    process = subprocess.Popen(
        [*MODULE, "wait"],
        cwd=told,
        env=bare_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    # Click makes 1 of Ctrl-C; the other one ends the process as it is.
    assert process.returncode == (1 if number == signal.SIGINT else -signal.SIGTERM)


def test_a_project_that_cannot_be_opened_is_no_answer(monkeypatch, capsys):
    """Exit code 1 of our commands says that results differ; of others it says nothing."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    begin.end_in_brief(of_ours_alone=False)
    for command, code in (("run", 1), ("reproduce", 2)):
        monkeypatch.setattr(sys, "argv", ["kedro", command, "a run"])
        try:
            raise ValueError("no such setting")
        except ValueError:
            with pytest.raises(SystemExit) as ended:
                sys.excepthook(*sys.exc_info())
        assert ended.value.code == code
        said = capsys.readouterr().err
        assert said.startswith("Error: ValueError: no such setting\n")
        assert said.endswith(f"LAKEPROOF_DEBUG=1 kedro {command} 'a run'\n")


def test_in_a_project_that_is_not_ours_only_our_commands_end_so(monkeypatch, capsys):
    """Whatever showed errors there before shows them still."""
    seen = []
    monkeypatch.setattr(sys, "excepthook", lambda *told: seen.append(told))
    begin.end_in_brief(of_ours_alone=True)
    monkeypatch.setattr(sys, "argv", ["kedro", "run"])
    sys.excepthook(ValueError, ValueError("theirs"), None)
    assert len(seen) == 1
    monkeypatch.setattr(sys, "argv", ["kedro", "compare", "last", "last"])
    with pytest.raises(SystemExit):
        sys.excepthook(ValueError, ValueError("ours"), None)
    assert len(seen) == 1
    assert "ValueError: ours" in capsys.readouterr().err


@pytest.mark.slow
def test_what_would_send_is_left_out_where_it_may_not():
    """And is there where it may; whoever wants more of the plug-in gets it."""
    code = """
import sys
from lakeproof.startup.libraries.no_telemetry import leave_out_telemetry
leave_out_telemetry()
from kedro_telemetry.plugin import telemetry_hook
assert type(telemetry_hook) is object, telemetry_hook
from kedro_telemetry.plugin import KedroTelemetryHook
from kedro_telemetry.plugin import telemetry_hook
assert type(telemetry_hook) is KedroTelemetryHook
"""
    allowed = "import sys; from lakeproof.startup.libraries.no_telemetry import *; "
    allowed += "leave_out_telemetry(); assert 'kedro_telemetry.plugin' not in sys.modules"
    for forbids, script in (("1", code), ("", allowed)):
        said = dict.fromkeys(("DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY"), forbids)
        subprocess.run([sys.executable, "-c", script], env={**os.environ, **said}, check=True)


@pytest.mark.slow
def test_docstrings_of_scipy_are_left_as_they_are():
    """And nothing else of SciPy's: what asks more of a docstring than to add a note gets it."""
    code = """
from lakeproof.startup.libraries.kept_docstrings import keep_docstrings
keep_docstrings()
from scipy._lib import _docscrape
import scipy.special, scipy.stats
assert scipy.stats.skew.__doc__.lstrip().startswith("Compute the sample skewness")
assert scipy.stats.skew([1.0, 2.0, 9.0]) > 0
assert "rng : {None, int, `numpy.random.Generator`}" in scipy.stats.bootstrap.__doc__

def f(a):
    '''Do it.

    Parameters
    ----------
    a : int
        What to do.
    '''

kept, parsed = _docscrape.FunctionDoc(f), _docscrape.FunctionDoc(f)
kept["Notes"].append("more")
assert str(kept) == "\\n" + f.__doc__
assert [one.name for one in parsed["Parameters"]] == ["a"]
parsed["Notes"] = ["more"]
real = _docscrape.FunctionDoc.__mro__[1](f)
real["Notes"] = ["more"]
assert str(parsed) == str(real) != str(kept)
assert str(_docscrape.FunctionDoc(f, doc="Else.")).strip().endswith("Else.")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_artists_of_matplotlib_can_be_set_without_help():
    """A class of one's own too, and what the help is made of is there for whoever asks."""
    code = """
from lakeproof.startup.libraries.kept_docstrings import leave_help_unwritten
leave_help_unwritten()
import inspect
from matplotlib.artist import Artist, kwdoc
from matplotlib.lines import Line2D
class Own(Line2D):
    def set_depth(self, depth):
        self.depth = depth
line = Own([0, 1], [0, 1])
line.set(lw=3, depth=2)
assert (line.get_linewidth(), line.depth) == (3, 2)
assert Own.set.__qualname__ == "Own.set"
assert list(inspect.signature(Own.set).parameters) == ["self", "kwargs"]
try:
    line.set(nothing=1)
except AttributeError as error:
    assert "Own.set() got an unexpected keyword argument 'nothing'" in str(error)
assert "linewidth" in kwdoc(Line2D)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_error_is_told_without_the_password_of_an_address():
    """A library writes out what it asked; a container of Azure is no user."""
    from lakeproof.startup.trouble import told

    error = OSError("request to https://anna:hunter2@host/api and abfss://raw@acct/x failed")
    assert told(error) == ("OSError: request to https://***@host/api and abfss://raw@acct/x failed")


def test_a_stack_is_named_by_the_files_that_it_has():
    """Which is all that Dynaconf asks of it."""
    assert [one.filename for one in quick_stack._stack()] == [
        frame.filename for frame in inspect.stack()
    ]
    import dynaconf.loaders.py_loader as loader
    import dynaconf.utils.files as files

    with mock.patch.object(loader, "inspect"), mock.patch.object(files, "inspect"):
        name_files_of_stack()
        assert {loader.inspect.stack, files.inspect.stack} == {quick_stack._stack}
