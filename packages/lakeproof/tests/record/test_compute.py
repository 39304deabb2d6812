"""What a record says of the machine, and what it keeps to itself."""

import getpass
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from lakeproof import determinism
from lakeproof.record.factors.machine import _first_model
from lakeproof.record.facts import Library
from lakeproof.record.setup.compute import gather_compute


def gathered(code: str = "", **environ: str) -> dict:
    """Gather in a process of its own, after some code."""
    program = (
        f"{code}\nimport json\nfrom dataclasses import asdict\n"
        "from lakeproof.record.setup.compute import gather_compute\n"
        "print(json.dumps(asdict(gather_compute('embedded', {}))))"
    )
    bare = {name: value for name, value in os.environ.items() if name not in determinism.VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=bare | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_it_names_no_host_no_user_and_no_path():
    """Libraries are told by what they are, not by where they lie."""
    told = json.dumps(gathered("import numpy, sklearn.ensemble"))
    assert platform.node() not in told
    assert getpass.getuser() not in told
    assert sys.prefix not in told
    assert str(Path.home()) not in told
    assert ".so" not in told


def test_a_library_is_there_once_it_is_loaded_with_kernel_and_threads():
    """As threadpoolctl tells them: sorted, and each only once."""
    assert gathered()["libraries"] == []
    libraries = gathered("import numpy", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")["libraries"]
    assert [each["user_api"] for each in libraries] == ["blas"]
    assert libraries[0]["threads"] == 1
    assert libraries[0]["version"]
    assert libraries[0]["architecture"]


def test_libraries_that_are_alike_but_for_their_place_are_one():
    """NumPy and SciPy may each bring the same."""
    import numpy  # noqa: F401
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_info

    found = gather_compute("embedded", {}).libraries
    libraries = tuple(each for each in found if each.user_api != "polars")
    assert len(set(libraries)) == len(libraries) <= len(threadpool_info())
    assert list(libraries) == sorted(libraries, key=repr)
    assert all(isinstance(each, Library) for each in libraries)


def test_polars_tells_its_threads_once_it_is_loaded():
    """Of its own pool, which no other library has a say in."""
    told = gathered("import polars", POLARS_MAX_THREADS="1", OMP_NUM_THREADS="2")["libraries"]
    (polars,) = [each for each in told if each["user_api"] == "polars"]
    assert (polars["internal_api"], polars["threads"]) == ("polars", 1)


def test_a_setting_that_is_not_there_is_none_and_nobody_made_it():
    """A notebook never comes through the start of `kedro run`."""
    found = gathered(OMP_NUM_THREADS="3")
    assert found["recipe"] == "as found"
    assert set(found["threads"]) == set(determinism.VARIABLES)
    assert found["threads"]["OMP_NUM_THREADS"] == "3"
    assert found["threads"]["OPENBLAS_CORETYPE"] is None
    assert gathered(LAKEPROOF_RECIPE="set at start")["recipe"] == "set at start"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone has it.")
def test_cores_are_those_that_the_process_may_use():
    """Which are fewer than the machine's in a container."""
    narrowed = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    assert gathered(narrowed)["cores"] == 1
    assert gathered()["cores"] == len(os.sched_getaffinity(0))


def test_the_machine_has_a_model_memory_and_a_system():
    """In a form that two machines of a kind share."""
    facts = gather_compute("spark", {"spark.sql.shuffle.partitions": "2"})
    assert (facts.engine, dict(facts.engine_configuration)) == (
        "spark",
        {"spark.sql.shuffle.partitions": "2"},
    )
    assert facts.machine == platform.machine()
    assert facts.os == f"{platform.system()} {platform.release()}"
    assert facts.cpu
    assert 1 <= facts.memory_gib < 100_000
    assert asdict(facts)["recipe"] in ("set at start", "opted out", "as found")


def test_the_model_is_read_where_the_system_writes_it(tmp_path):
    """ARM systems do not: there the kind of CPU stands in."""
    intel, arm = tmp_path / "intel", tmp_path / "arm"
    intel.write_text("processor\t: 0\nmodel\t\t: 85\nmodel name\t: A CPU @ 2 GHz \nflags\t: sse\n")
    arm.write_text("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n")
    assert _first_model(intel) == "A CPU @ 2 GHz"
    assert _first_model(arm) == ""
    assert _first_model(tmp_path / "none") == ""
