"""OpenBLAS is told a kernel only where it would choose another one, and could run it."""

from dataclasses import replace

import pytest

from lakeproof.record.facts import ComputeFacts, Library
from lakeproof.reproduce.environment.kernel import kernel_to_set

RECORDED = ComputeFacts(
    engine="embedded",
    engine_configuration={},
    recipe="set at start",
    threads={"OPENBLAS_CORETYPE": None},
    libraries=(Library("blas", "openblas", "0.3.30", "Haswell", 1),),
    cpu="An old CPU",
    machine="x86_64",
    cores=2,
    memory_gib=8,
    os="Linux 6",
)


@pytest.fixture
def cpuinfo(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nflags\t\t: fpu avx avx2 fma avx512f\n")
    return path


def test_another_cpu_is_told_the_recorded_kernel(cpuinfo):
    """Left alone it would choose one with wider registers."""
    assert kernel_to_set(RECORDED, "A new CPU", cpuinfo) == "Haswell"


def test_the_same_cpu_chooses_by_itself(cpuinfo):
    """A variable that the run did not have would make the set-up another one."""
    assert kernel_to_set(RECORDED, "An old CPU", cpuinfo) is None


def test_a_kernel_that_the_cpu_cannot_run_is_not_asked_for(cpuinfo):
    """It would end in an illegal instruction."""
    wide = replace(RECORDED, libraries=(Library("blas", "openblas", "1", "SkylakeX", 1),))
    assert kernel_to_set(wide, "A new CPU", cpuinfo) is None


def test_a_kernel_that_the_run_asked_for_itself_is_among_its_variables(cpuinfo):
    """They are restored as they were."""
    asked = replace(RECORDED, threads={"OPENBLAS_CORETYPE": "Haswell"})
    assert kernel_to_set(asked, "A new CPU", cpuinfo) is None


def test_two_libraries_with_two_kernels_cannot_be_told_one(cpuinfo):
    """The variable holds for all of them."""
    zen = Library("blas", "openblas", "1", "Zen", 1)
    two = replace(RECORDED, libraries=(*RECORDED.libraries, zen))
    assert kernel_to_set(two, "A new CPU", cpuinfo) is None


def test_an_unknown_machine_is_left_alone(tmp_path):
    """Not every system lists what its CPU can do."""
    assert kernel_to_set(RECORDED, "A new CPU", tmp_path / "none") is None
