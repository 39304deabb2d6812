"""What a run does not wait for while it imports."""

import gc
import subprocess
import sys

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


def test_what_was_imported_is_not_collected_as_the_interpreter_ends():
    """Frozen by then; before that it is collected as usual."""
    seen = python("""
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count()))
from lakeproof.startup.faster_imports import without_collecting
with without_collecting():
    import json
print(gc.get_freeze_count())
""")
    before, at_the_end = map(int, seen.split())
    assert before == 0
    assert at_the_end > 1_000


def test_a_run_ends_without_a_look_for_cycles_and_loses_no_line(tmp_path):
    """The look would close a file that a cycle holds; what it has not written yet is written."""
    file, other = tmp_path / "lines.txt", tmp_path / "bytes"
    seen = python(f"""
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count(), len(gc.get_objects())))
from lakeproof.startup.faster_imports import begin_imports, end_imports
begin_imports()
end_imports()
class Node:
    def __init__(self):
        self.itself = self
node = Node()
node.lines = open({str(file)!r}, "w")
node.lines.write("kept")
node.bytes = open({str(other)!r}, "wb")
node.bytes.write(b"kept")
node.closed = open({str(file)!r})
node.closed.close()
del node
""")
    frozen, looked_at = map(int, seen.split())
    assert frozen > 10_000
    assert looked_at < 100
    assert file.read_text() == other.read_text() == "kept"


def test_what_a_run_has_imported_is_not_looked_at_when_its_record_is_kept():
    """Nor is it counted, which takes as long; garbage is collected when somebody asks for it."""
    python("""
import gc, weakref
from lakeproof.startup.faster_imports import begin_imports, collecting_later, end_imports
begin_imports()
end_imports()
gc.get_freeze_count = None
looks = []
gc.callbacks.append(lambda phase, info: looks.append(info["generation"]))
class Node: pass
with collecting_later():
    many = [[] for _ in range(100_000)]
    node = Node()
    node.itself, seen = node, weakref.ref(node)
    del node
more = [[] for _ in range(10_000)]
assert gc.isenabled() and looks == []
gc.collect()
assert seen() is None
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
