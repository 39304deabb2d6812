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
    run(f"""
import sys
sys.path.insert(0, {str(place)!r})
from lakeproof.startup import put_off
put_off._NAMES = {put_off!r}
put_off.put_off_modules()
def kind_of(name):
    return object.__getattribute__(sys.modules[name], "__class__").__name__
{code}""")


def run(code: str) -> None:
    """Run code to its end."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


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


def test_a_part_is_imported_while_its_package_waits_where_that_is_known_of_it(late):
    """And what the package then makes of the name of that part stays so."""
    (late / "late" / "__init__.py").write_text("from late.part import ANSWER as part\n")
    python(
        """
put_off._ALONE = {"late.part"}
from late.part import ANSWER
assert kind_of("late") == "_PutOff"
assert ANSWER == 41 and sys.modules["late"].part == 41
import late.part
assert late.part == 41
""",
        late,
        "late",
    )


def test_of_another_part_its_packages_come_first(late):
    """From the outermost on, once, and the part is what they have imported."""
    inner = late / "late" / "inner"
    inner.mkdir()
    (late / "late" / "part.py").write_text(
        "import sys\nsys.runs = [*getattr(sys, 'runs', []), 1]\n"
    )
    (late / "late" / "__init__.py").write_text("import late.inner\nFIRST = late.inner.part.LAST\n")
    (inner / "__init__.py").write_text("from late.inner import part\n")
    (inner / "part.py").write_text("import late.part\nfrom late.inner.deep import LAST\n")
    (inner / "deep.py").write_text(
        "import sys\nsys.runs = [*getattr(sys, 'runs', []), 2]\nLAST = 3\n"
    )
    python(
        """
import late.inner.deep as deep
import types
late = sys.modules["late"]
assert sys.runs == [1, 2]
assert type(late) is type(late.inner) is types.ModuleType
assert late.FIRST == 3 and late.inner.deep is deep is sys.modules["late.inner.deep"]
assert deep.__spec__.origin == deep.__file__ and late.inner.part.late is late
""",
        late,
        "late",
        "late.inner",
    )


def test_what_a_package_imports_of_itself_does_not_wake_it(late):
    """A part that is imported while it waits may name others."""
    (late / "late" / "alone.py").write_text("from late.part import ANSWER\n")
    python(
        """
put_off._ALONE = {"late.alone"}
import late.alone
assert kind_of("late") == "_PutOff"
import late.part
assert kind_of("late") == "_PutOff"
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


@pytest.mark.slow
def test_a_run_imports_nothing_of_a_pipeline_that_is_one_model():
    """Until the hook of kedro-mlflow makes one; others get the class itself."""
    code = """
import sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
import kedro_mlflow.framework.hooks
hooks = sys.modules["kedro_mlflow.framework.hooks.mlflow_hook"]
assert "kedro_mlflow.mlflow.kedro_pipeline_model" not in sys.modules
assert "mlflow.pyfunc" not in sys.modules
assert type(hooks.KedroPipelineModel).__name__ == "Later"
from kedro_mlflow.mlflow import KedroPipelineModel
import mlflow
assert issubclass(KedroPipelineModel, mlflow.pyfunc.PythonModel)
try:
    hooks.KedroPipelineModel()
except TypeError as error:
    assert "KedroPipelineModel.__init__" in str(error), error
else:
    raise AssertionError
"""
    run(code)


@pytest.mark.slow
def test_mlflow_makes_metrics_of_its_traces_by_what_has_waited():
    """Which it does where an endpoint is set."""
    code = """
import sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
from mlflow.tracing.processor import otel_metrics_mixin as made
assert "opentelemetry.sdk.metrics._internal" not in sys.modules
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
assert type(made.MeterProvider).__name__ == "Later" and made.MeterProvider is not MeterProvider
reader = InMemoryMetricReader()
provider = made.MeterProvider(metric_readers=[reader])
assert isinstance(provider, MeterProvider) and isinstance(provider, made.MeterProvider)
provider.get_meter("m").create_histogram("h").record(2)
(metrics,) = reader.get_metrics_data().resource_metrics
assert metrics.scope_metrics[0].metrics[0].name == "h"
assert issubclass(PeriodicExportingMetricReader, made.PeriodicExportingMetricReader)
"""
    run(code)


def test_matplotlib_draws_without_what_reads_text_of_tex():
    """Which is there when it is named, for whoever names it."""
    code = """
import io, sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
from matplotlib.figure import Figure
figure = Figure()
figure.text(0, 0, "$x^2$ and ü")
figure.savefig(io.BytesIO())
assert "fontTools" not in sys.modules and "matplotlib.dviread" in sys.modules
from matplotlib.backends import backend_agg
from matplotlib.dviread import Dvi, PsfontsMap
assert type(backend_agg.Dvi).__name__ == "Later" and isinstance(Dvi, type)
try:
    backend_agg.Dvi("/nowhere.dvi", 72)
except FileNotFoundError:
    pass
import matplotlib
assert type(matplotlib.dviread).__name__ == "module" and matplotlib.dviread.Dvi is Dvi
figure.savefig(io.BytesIO(), format="pdf")
"""
    run(code)


def test_a_driver_that_sqlalchemy_imports_for_nobody_is_there_for_who_names_it():
    """And PostgreSQL's own is its own."""
    code = """
import sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
import sqlalchemy
from sqlalchemy.dialects import postgresql, registry
waiting = ("asyncpg", "pg8000", "psycopg2cffi")
kinds = [type(sys.modules["sqlalchemy.dialects.postgresql." + name]).__name__ for name in waiting]
assert kinds == ["_PutOff"] * 3, kinds
assert postgresql.dialect.driver == "psycopg", postgresql.dialect.driver
for name in waiting:
    assert registry.load("postgresql." + name)().driver == name
"""
    run(code)


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
    run(code)


def test_scikit_learn_reads_a_file_by_what_of_scipy_has_waited(tmp_path):
    """The faces are one of MATLAB's."""
    code = f"""
import sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
from sklearn.datasets import _olivetti_faces as faces
assert type(faces.loadmat).__name__ == "Later" and "scipy.io.matlab" not in sys.modules
from scipy.io import loadmat, savemat
assert loadmat is not faces.loadmat
savemat({str(tmp_path / "faces.mat")!r}, {{"faces": [[1.0, 2.0]]}})
assert faces.loadmat({str(tmp_path / "faces.mat")!r})["faces"].tolist() == [[1.0, 2.0]]
"""
    run(code)


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
    run(code)


IN_FORKS = """
import importlib, os, pickle, sys
from lakeproof.startup.put_off import put_off_modules
put_off_modules()
import {first}
def tried(what):
    child = os.fork()
    if not child:
        try:
            what()
        except BaseException as error:
            print(error, flush=True)
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

def imported(name):
    part = importlib.import_module(name)
    above, _, last = name.rpartition(".")
    assert part is sys.modules[name] is getattr(sys.modules[above], last)
    assert part.__spec__.name == name and type(part.__spec__.loader).__name__ != "_There"
"""


def test_a_part_of_scipy_can_be_named_by_whoever_wants_it():
    """Private ones as well, which a pickle names."""
    code = f"""
{IN_FORKS.format(first="sklearn.linear_model, sklearn.metrics, sklearn.preprocessing")}
for name in ("optimize._lsq.common", "optimize._shgo", "optimize._highspy._highs_wrapper",
             "integrate._ivp.ivp", "interpolate._bsplines", "io.matlab._mio",
             "stats._distn_infrastructure"):
    tried(lambda: imported("scipy." + name))
"""
    run(code)


@pytest.mark.slow
def test_a_part_of_what_judges_language_models_can_be_named():
    """A node may want one of those that MLflow imports in an order of its own."""
    code = f"""
{IN_FORKS.format(first="mlflow.store.tracking.sqlalchemy_store")}
for name in ("evaluation.base", "scorers.validation", "judges.builtin_judges", "optimize.job"):
    tried(lambda: imported("mlflow.genai." + name))
tried(lambda: exec("from mlflow.genai.scorers import Correctness; Correctness()"))
"""
    run(code)


def test_what_was_saved_with_scipy_is_loaded(tmp_path):
    """A pickle, and a file of skops, which name private modules."""
    import pickle

    import numpy as np
    import skops.io
    from scipy import interpolate, stats
    from sklearn.preprocessing import SplineTransformer

    splines = SplineTransformer().fit(np.arange(12.0).reshape(6, 2))
    saved = [stats.norm(0, 1), interpolate.CubicSpline([0, 1, 2], [0, 1, 4]), splines]
    for number, one in enumerate(saved):
        (tmp_path / f"{number}.pickle").write_bytes(pickle.dumps(one))
    skops.io.dump(splines, tmp_path / "splines.skops")
    code = f"""
{IN_FORKS.format(first="sklearn.metrics, sklearn.preprocessing")}
os.chdir({str(tmp_path)!r})
for number in range({len(saved)}):
    tried(lambda: pickle.load(open(f"{{number}}.pickle", "rb")))
def loaded():
    import skops.io
    skops.io.load("splines.skops", trusted=skops.io.get_untrusted_types(file="splines.skops"))
tried(loaded)
def checked():
    from scipy.interpolate import BSpline as real
    named = sklearn.preprocessing._polynomial.BSpline
    assert named is not real and not isinstance(1, named) and issubclass(real, named)
    assert isinstance(real([0, 1, 2, 3], [1, 2], 1), named)
    class Mine(named):
        pass
    assert Mine.__mro__[1] is real
tried(checked)
"""
    run(code)
