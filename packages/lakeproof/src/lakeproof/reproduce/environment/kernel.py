"""Have the recorded BLAS kernel again on another CPU, where that CPU can run it.

OpenBLAS chooses its kernel by the CPU, and another kernel adds up in another order. On the CPU of
the run it chooses the same one by itself. Only for OpenBLAS on x86: between instruction sets the
same bits are out of reach.
"""

from collections.abc import Mapping
from pathlib import Path

from lakeproof.determinism import KERNEL
from lakeproof.record.facts import ComputeFacts

# What a kernel of that name needs of the CPU, as Linux spells it.
_NEEDS: Mapping[str, frozenset[str]] = {
    "Prescott": frozenset({"pni"}),
    "Nehalem": frozenset({"sse4_2"}),
    "Sandybridge": frozenset({"avx"}),
    "Haswell": frozenset({"avx2", "fma"}),
    "Zen": frozenset({"avx2", "fma"}),
    "SkylakeX": frozenset({"avx512f", "avx512dq", "avx512bw", "avx512vl"}),
    "Cooperlake": frozenset({"avx512f", "avx512_bf16"}),
    "Sapphirerapids": frozenset({"avx512f", "avx512_bf16", "amx_tile"}),
}
_CPUINFO = Path("/proc/cpuinfo")


def kernel_to_set(recorded: ComputeFacts, cpu: str, cpuinfo: Path = _CPUINFO) -> str | None:
    """Name the kernel that OpenBLAS has to be told; `None` where it is to choose itself.

    Args:
        recorded: Of the run.
        cpu: The model of this machine.
        cpuinfo: Where Linux lists what the CPU can do.
    """
    if recorded.threads.get(KERNEL) is not None or recorded.cpu == cpu:
        return None
    kernels = {
        library.architecture
        for library in recorded.libraries
        if library.internal_api == "openblas" and library.architecture
    }
    if len(kernels) != 1:
        return None
    (kernel,) = kernels
    needs = _NEEDS.get(kernel)
    return kernel if needs is not None and needs <= _flags(cpuinfo) else None


def _flags(cpuinfo: Path) -> frozenset[str]:
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()
