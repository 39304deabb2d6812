"""The machine a run had and how it used it: factors of a result, never a host name or a path.

Call it at the end of a run: a native library is seen once it is loaded.
"""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lakeproof import determinism
from lakeproof.record.facts import ComputeFacts, Library, Surroundings

_GIB = 2**30


def gather_compute(
    engine: str,
    engine_configuration: Mapping[str, str],
    surroundings: Surroundings | None = None,
    runner: str | None = None,
    is_async: bool | None = None,
) -> ComputeFacts:
    """Look at the machine, the loaded thread pools and the settings in force.

    Args:
        engine: `embedded` or `spark`.
        engine_configuration: What was in force, without secrets.
        surroundings: Taken when the run began.
        runner: The class that ran the nodes.
        is_async: Whether it loaded and saved in threads beside them.
    """
    return ComputeFacts(
        engine=engine,
        engine_configuration=dict(engine_configuration),
        recipe=determinism.origin(),
        threads=determinism.in_force(),
        libraries=_libraries(),
        cpu=cpu_model(),
        machine=platform.machine(),
        cores=_cores(),
        memory_gib=round(_memory() / _GIB),
        os=f"{platform.system()} {platform.release()}",
        surroundings=surroundings,
        runner=runner,
        is_async=is_async,
    )


def _libraries() -> tuple[Library, ...]:
    from threadpoolctl import threadpool_info

    found = {
        Library(
            user_api=pool["user_api"],
            internal_api=pool["internal_api"],
            version=pool["version"],
            architecture=pool.get("architecture"),
            threads=pool["num_threads"],
        )
        for pool in threadpool_info()
    }
    return tuple(sorted({*found, *_polars()}, key=repr))


def _polars() -> Iterator[Library]:
    """Tell on how many threads Polars ran, which threadpoolctl does not know."""
    polars = sys.modules.get("polars")
    if polars is not None:
        threads = polars.thread_pool_size()
        yield Library("polars", "polars", polars.__version__, None, threads)


def cpu_model() -> str:
    """Name the CPU's model, or, where the system has no name for it, its kind."""
    model = ""
    if platform.system() == "Linux":
        model = _first_model(Path("/proc/cpuinfo"))
    elif platform.system() == "Darwin":
        model = _answer("sysctl", "-n", "machdep.cpu.brand_string")
    return model or platform.processor() or platform.machine()


def _first_model(cpuinfo: Path) -> str:
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^model name\s*:\s*(.+?)\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def _answer(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _cores() -> int:
    """Count the cores this process may use, which a container or `taskset` makes fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int:
    """Give the machine's memory in bytes; 0 where the system does not tell."""
    if sys.platform != "win32":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import ctypes

    kilobytes = ctypes.c_ulonglong()
    has_answered = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(
        ctypes.byref(kilobytes)
    )
    return kilobytes.value * 1024 if has_answered else 0
