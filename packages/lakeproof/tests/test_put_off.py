"""What a run has no use for is not imported, and is what it is for whoever asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

# They are about the tricks themselves.
pytestmark = pytest.mark.usefixtures("with_tricks")

PACKAGE = """
from late import part
ANSWER = part.ANSWER + 1
"""


@pytest.fixture
def late(tmp_path):
    """A package that waits, with a module of its own."""
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "__init__.py").write_text(PACKAGE)
    (tmp_path / "late" / "part.py").write_text("ANSWER = 41\n")
    (tmp_path / "late" / "broken.py").write_text("1 / 0\n")
    return tmp_path


def python(code: str, place: Path, *put_off: str) -> None:
    """Run code in an interpreter in which modules wait."""
    begin = f"""
import sys
sys.path.insert(0, {str(place)!r})
from lakeproof.startup import put_off
put_off._NAMES = {put_off!r}
put_off.put_off_modules()
"""
    done = subprocess.run(
        [sys.executable, "-c", begin + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("asked", ["late.ANSWER", "dir(late)", "__import__('late').ANSWER"])
def test_a_module_waits_until_something_is_asked_of_it(late, asked):
    """And is then an ordinary one, with its parts."""
    python(
        f"""
import types
import late
assert late.__file__.endswith("__init__.py")
assert "late.part" not in sys.modules
{asked}
assert type(late) is types.ModuleType
assert late.ANSWER == 42 and late.part.ANSWER == 41
""",
        late,
        "late",
    )


def test_a_part_is_imported_while_its_package_waits(late):
    """And what the package then makes of the name of that part stays so."""
    (late / "late" / "__init__.py").write_text("from late.part import ANSWER as part\n")
    python(
        """
from late.part import ANSWER
assert object.__getattribute__(sys.modules["late"], "__class__").__name__ == "_PutOff"
assert ANSWER == 41 and sys.modules["late"].part == 41
import late.part
assert late.part == 41
""",
        late,
        "late",
    )


def test_an_error_is_told_to_whoever_asks(late):
    """Each time, and to whoever imports a name from it too."""
    python(
        """
import late.broken
for _ in range(2):
    try:
        late.broken.anything
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError
try:
    from late.broken import anything
except ZeroDivisionError:
    pass
""",
        late,
        "late.broken",
    )


def test_two_threads_run_it_once(late):
    """The second waits for the first."""
    (late / "late" / "part.py").write_text(
        "import sys, time\nsys.runs = getattr(sys, 'runs', 0) + 1\ntime.sleep(0.05)\nANSWER = 41\n"
    )
    python(
        """
from concurrent.futures import ThreadPoolExecutor
import late
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(lambda _: late.ANSWER, range(4))) == [42] * 4
assert sys.runs == 1
""",
        late,
        "late",
    )


@pytest.mark.slow
def test_a_function_of_scipy_has_the_name_that_skops_gives_it():
    """Of each, and of what is none: the trusted names are the same ones."""
    code = """
import scipy.special
from types import ModuleType
from lakeproof.startup.libraries.quick_names import _among_scipy
import skops.io._utils as skops
real = skops.whichmodule
_among_scipy(skops)
assert skops.whichmodule is not real
import numpy as np
every = [each for each in vars(scipy.special).values() if isinstance(each, np.ufunc)]
assert len(every) > 200
for each in (*every[::9], np.add, np.ndarray, len):
    assert skops.whichmodule(each, each.__name__) == real(each, each.__name__), each
lone = np.frompyfunc(len, 1, 1)
assert skops.whichmodule(lone, "nowhere") == real(lone, "nowhere") == "__main__"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_what_mlflow_puts_before_language_models_is_there_when_it_is_asked_for(tmp_path):
    """Whichever of its modules was imported first."""
    code = """
import mlflow.gateway.constants
assert "fastapi" not in sys.modules
assert callable(mlflow.gateway.set_gateway_uri)
"""
    python(code, tmp_path, "mlflow.gateway")


@pytest.mark.slow
@pytest.mark.parametrize("first", ["mlflow", "mlflow.store.tracking.sqlalchemy_store"])
def test_what_judges_language_models_is_there_when_it_is_asked_for(tmp_path, first):
    """Whether its database was opened before or not."""
    code = f"""
import {first}
assert "mlflow.genai.evaluation" not in sys.modules
from mlflow.genai.judges import make_judge
assert callable(make_judge) and callable(mlflow.genai.make_judge)
assert mlflow.genai.judges.make_judge is make_judge is mlflow.genai.make_judge
assert callable(mlflow.genai.evaluate)
assert mlflow.genai.scorers.Correctness().name == "correctness"
from mlflow.genai.scorers.online import OnlineScorerSampler
assert OnlineScorerSampler.__module__.endswith(".sampler")
"""
    waiting = ("mlflow.genai", "mlflow.genai.judges", "mlflow.genai.scorers")
    python(code, tmp_path, *waiting, "mlflow.genai.scorers.online")


def test_scikit_learn_uses_of_scipy_what_has_waited():
    """By the names that it imports, which can be copied and pickled; others get the module."""
    code = """
import copy, pickle, sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
import numpy as np
import sklearn.covariance, sklearn.inspection, sklearn.isotonic, sklearn.metrics
from sklearn.covariance import _robust_covariance as robust
assert type(robust.chi2).__name__ == "Later"
assert object.__getattribute__(sys.modules["scipy.stats"], "__class__").__name__ == "_PutOff"
rows = np.random.default_rng(0).random((60, 3))
assert np.isfinite(robust.MinCovDet(random_state=0).fit(rows).location_).all()
from scipy import stats
assert type(stats).__name__ == "module"
assert copy.copy(robust.chi2) is pickle.loads(pickle.dumps(robust.chi2)) is stats.chi2
assert sklearn.metrics._ranking.rankdata([3, 1, 2]).tolist() == [3, 1, 2]
from scipy.stats import rankdata
assert rankdata is stats.rankdata
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scikit_learn_fits_with_what_of_scipy_has_waited():
    """What has come by name alone, and what as a module."""
    code = """
import sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
import numpy as np
import sklearn.calibration, sklearn.ensemble, sklearn.isotonic, sklearn.metrics, sklearn.neighbors
rows = np.random.default_rng(0).random((60, 3))
waiting = ("scipy.integrate", "scipy.interpolate", "scipy.optimize")
kinds = [type(sys.modules[name]).__name__ for name in waiting]
assert kinds == ["_PutOff"] * 3, kinds
assert sklearn.metrics.auc([0, 1], [0, 1]) == 0.5
from sklearn.preprocessing import SplineTransformer
assert np.isfinite(SplineTransformer().fit_transform(rows)).all()
labels = rows[:, 0] > 0.5
assert sklearn.linear_model.LogisticRegression().fit(rows, labels).score(rows, labels) > 0.9
assert sklearn.isotonic.IsotonicRegression().fit([1, 2], [1, 2]).predict([2]).tolist() == [2]
kinds = [type(sys.modules[name]).__name__ for name in waiting]
assert kinds == ["module"] * 3, kinds
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
