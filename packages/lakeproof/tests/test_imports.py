"""What a run does not wait for while it imports."""

import gc
import subprocess
import sys
import zipfile

import pytest

from lakeproof.startup.faster_imports import without_collecting, without_ipython

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_collector_waits_for_the_imports_and_then_leaves_them_alone():
    """And works as ever on what comes later."""
    python("""
import gc, weakref
usual = gc.get_threshold()
from lakeproof.startup.faster_imports import begin_imports, end_imports
begin_imports()
assert gc.isenabled() and gc.get_threshold()[0] > 100 * usual[0]
end_imports()
assert gc.get_threshold() == usual
assert gc.get_freeze_count() > 10_000
class Node: pass
node = Node()
node.itself, seen = node, weakref.ref(node)
del node
gc.collect()
assert seen() is None
""")


def test_the_collector_waits_while_a_node_imports_a_large_library(tmp_path):
    """And is at work again afterwards, also where that fails; other imports do not stop it."""
    (tmp_path / "large.py").write_text("import gc\nWAS_ENABLED = gc.isenabled()\n")
    (tmp_path / "broken.py").write_text("import gc, seen\nseen.at = gc.isenabled()\n1 / 0\n")
    (tmp_path / "small.py").write_text("import gc\nWAS_ENABLED = gc.isenabled()\n")
    (tmp_path / "seen.py").write_text("at = None\n")
    python(f"""
import gc, sys
sys.path.insert(0, {str(tmp_path)!r})
from lakeproof.startup import faster_imports
assert "sklearn" in faster_imports._LATER and "skops.io" in faster_imports._LATER
faster_imports._LATER = ("large", "broken")
faster_imports.begin_imports()
faster_imports.end_imports()
import small, large, seen
assert small.WAS_ENABLED and not large.WAS_ENABLED and gc.isenabled()
try:
    import broken
except ZeroDivisionError:
    pass
assert seen.at is False and gc.isenabled()
gc.disable()
del sys.modules["large"]
import large
assert not gc.isenabled()
""")


def test_the_interpreter_that_only_starts_a_run_again_imports_little():
    """What makes temporary files and other processes takes longer than all else that it does."""
    python("""
import sys
came = {"subprocess", "tempfile", "zipfile"} - sys.modules.keys()
import lakeproof.startup
assert not came & sys.modules.keys(), came & sys.modules.keys()
assert came
""")


def test_a_process_of_many_runs_freezes_nothing_twice():
    """What is garbage when one of them starts would stay for ever."""
    python("""
import gc
from lakeproof.startup.faster_imports import begin_imports, end_imports
end_imports()
assert gc.get_freeze_count() == 0
begin_imports()
end_imports()
count = gc.get_freeze_count()
more = [[] for _ in range(1000)]
end_imports()
assert gc.get_freeze_count() == count
""")


def test_what_a_command_of_ours_has_imported_is_not_collected_as_it_ends():
    """Frozen by then; before that it is collected as usual."""
    seen = python("""
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count()))
from lakeproof.startup.faster_imports import end_without_collecting
end_without_collecting()
print(gc.get_freeze_count())
""")
    before, at_the_end = map(int, seen.split())
    assert before == 0
    assert at_the_end > 1_000


def test_what_an_open_file_in_a_cycle_has_is_written_as_a_run_ends(tmp_path):
    """Its end is that of any interpreter, but for what was imported before the first node."""
    archive = tmp_path / "rows.zip"
    python(f"""
import zipfile
from lakeproof.startup.faster_imports import begin_imports, end_imports, without_collecting
begin_imports()
end_imports()
with without_collecting():
    pass
class Node:
    def __init__(self):
        self.itself = self
node = Node()
node.archive = zipfile.ZipFile({str(archive)!r}, "w")
node.archive.writestr("rows.csv", "1")
del node
""")
    assert zipfile.ZipFile(archive).namelist() == ["rows.csv"]


def test_what_a_run_has_imported_is_not_counted_when_its_record_is_kept():
    """It would take as long as to look at it; the collector works as it did before."""
    python("""
import gc, weakref
from lakeproof.startup.faster_imports import begin_imports, collecting_later, end_imports
usual = gc.get_threshold()
begin_imports()
end_imports()
frozen, counted = gc.get_freeze_count(), gc.get_freeze_count
gc.get_freeze_count = None
with collecting_later():
    many = [[] for _ in range(100_000)]
assert gc.isenabled() and gc.get_threshold() == usual and counted() == frozen
""")


def test_what_somebody_else_has_frozen_stays_so():
    """A server that forks, say."""
    python("""
import gc
from lakeproof.startup.faster_imports import without_collecting
gc.freeze()
count = gc.get_freeze_count()
with without_collecting():
    pass
assert gc.get_freeze_count() >= count > 1_000
""")


def test_what_was_read_without_looking_is_old_afterwards():
    """It would all be looked at by the next look at what is young; garbage in it still goes."""
    python("""
import gc, weakref
from lakeproof.startup.faster_imports import without_collecting
class Node: pass
with without_collecting():
    many = [[] for _ in range(100_000)]
    node = Node()
    node.itself, seen = node, weakref.ref(node)
    del node
assert gc.isenabled() and not gc.get_freeze_count()
assert len(gc.get_objects(generation=0)) < 1_000
assert len(gc.get_objects(generation=2)) > 100_000
gc.collect()
assert seen() is None
""")


def test_a_look_at_tables_imports_nothing_that_reads_rows():
    """`kedro check` would begin with half a second of Polars, NumPy and PyArrow."""
    python("""
import sys
import lakeproof.commands.check, lakeproof.delta.delta_table
assert not {"polars", "numpy", "pyarrow", "pandas"} & sys.modules.keys()
""")


def test_ipython_is_absent_only_for_whom_it_is_said():
    """A node may import it."""
    answer = python("""
from lakeproof.startup.faster_imports import without_collecting, without_ipython
with without_ipython():
    try:
        from IPython import get_ipython
    except ImportError:
        print("absent")
from IPython import get_ipython
print(get_ipython())
with without_ipython():
    from IPython import get_ipython
""")
    assert answer.split() == ["absent", "None"]


def test_ipython_is_back_after_an_error():
    """A run that fails in a notebook must not take the notebook along."""
    with pytest.raises(ZeroDivisionError), without_ipython():
        raise ZeroDivisionError
    assert sys.modules.get("IPython", "not loaded") is not None


@without_collecting()
def fail_to_import(seen: list[bool]) -> None:
    """Fail, as an import may."""
    seen.append(gc.isenabled())
    raise ImportError


def test_garbage_is_collected_again_after_an_import():
    """Also where it failed."""
    seen: list[bool] = []
    with pytest.raises(ImportError):
        fail_to_import(seen)
    assert (seen, gc.isenabled()) == ([False], True)
