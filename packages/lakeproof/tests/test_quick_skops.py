"""What skops writes of a model is letter by letter what it would write without us."""

import json
import subprocess
import sys
from collections import OrderedDict

import pytest

from lakeproof.startup.libraries.quick_skops import dumps

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")

NESTED = {"a": [1, [], {}, [[2.5]], {"ä\n\u2028": '"\\'}], "": {"b": None, "c": True}, "d": -0.0}


@pytest.mark.parametrize(
    "value",
    [
        *(NESTED, [NESTED, NESTED], {}, [], "ü", 7, True, None, 1e-320),
        *(float("nan"), float("-inf"), 10**40, [(1, (2,)), ()]),
        # What is left to Python's own encoder.
        *({1: 2, None: 3, "x": {2.5: []}}, OrderedDict(a=OrderedDict(b=1)), {"a": {True: [1]}}),
    ],
    ids=repr,
)
def test_a_value_is_written_as_python_writes_it(value):
    """Whatever is in it."""
    assert dumps(value, indent=2) == json.dumps(value, indent=2)


def test_other_options_are_those_of_python():
    """Only what skops asks for is written here."""
    assert dumps({"b": 1, "a": 2}, sort_keys=True) == '{"a": 2, "b": 1}'
    assert dumps([1], indent=1) == "[\n 1\n]"


def test_what_cannot_be_written_is_refused_as_by_python():
    """And what never ends, too."""
    endless: list = []
    endless.append(endless)
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        dumps({"a": {1}}, indent=2)
    with pytest.raises(ValueError, match="Circular"):
        dumps(endless, indent=2)


@pytest.mark.slow
def test_a_model_is_the_same_file(tmp_path):
    """Written by skops as it comes, and by a run's."""
    code = f"""
import json, re, zipfile
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from lakeproof.startup.libraries.quick_skops import _Json, write_quickly
write_quickly()
from skops.io import _persist
assert isinstance(_persist.json, _Json) and _persist.json.loads is json.loads
assert _persist.ZipFile is not zipfile.ZipFile
rows, labels = load_wine(return_X_y=True)
model = [RandomForestClassifier(5, random_state=0).fit(rows, labels), rows, {{"again": rows}}]

def written():
    _persist.dump(model, {str(tmp_path / "model.skops")!r})
    archive = zipfile.ZipFile({str(tmp_path / "model.skops")!r})
    assert len(set(archive.namelist())) == len(archive.namelist()) > 20
    *arrays, last = map(archive.read, archive.namelist())
    # Ids are addresses, and the names of files with them.
    return re.sub(rb'"(__id__|file)": [^,]*', b"", last), arrays

real, json.dumps = json.dumps, lambda value, **options: real(value) if not options else 1 / 0
ours = written()  # Nothing of it was left to Python's own.
json.dumps = real
_persist.json, _persist.ZipFile = json, zipfile.ZipFile
assert ours == written() and len(ours[0]) > 10_000
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_types_that_are_not_trusted_are_found_as_skops_finds_them(tmp_path):
    """And nothing is left on what was looked through, whatever was there before."""
    code = f"""
import skops.io
from sklearn.preprocessing import FunctionTransformer
from lakeproof.startup.libraries import quick_skops
from skops.io import _audit
real = _audit.temp_setattr
quick_skops._marking(_audit)
assert _audit.temp_setattr is not real
place = {str(tmp_path / "model.skops")!r}
skops.io.dump([FunctionTransformer(len), {{"again": FunctionTransformer(print)}}, [[]] * 3], place)
found = skops.io.get_untrusted_types(file=place)
_audit.temp_setattr = real
assert found == skops.io.get_untrusted_types(file=place) and found, found

class Part:
    there = 1
part = Part()
part.mine = 2
for marked in (real, quick_skops._Marked):
    try:
        with marked(part, mine=5, there=6, new=7):
            assert (part.mine, part.there, part.new) == (5, 6, 7)
            raise KeyError
    except KeyError:
        pass
    assert (part.mine, part.there, hasattr(part, "new")) == (2, 1, False)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
