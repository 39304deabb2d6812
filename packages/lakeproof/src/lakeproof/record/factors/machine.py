"""The machine: processor, cores, memory, system. Factors all, and never a reason to refuse."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from lakeproof.record.factors.setup_factor import SetupFactor
from lakeproof.record.facts import ComputeFacts

_GIB = 2**30


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


def cores() -> int:
    """Count the cores this process may use, which a container or `taskset` makes fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gib() -> int:
    """Round the machine's memory; 0 where the system does not tell."""
    return round(_memory() / _GIB)


def system() -> str:
    """Name the system and its release."""
    return f"{platform.system()} {platform.release()}"


def _memory() -> int:
    if sys.platform != "win32":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import ctypes

    kilobytes = ctypes.c_ulonglong()
    has_answered = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(
        ctypes.byref(kilobytes)
    )
    return kilobytes.value * 1024 if has_answered else 0


def _processor(found: ComputeFacts) -> str:
    return f"{found.cpu} ({found.machine}), {found.cores} core(s)"


FACTORS = (
    SetupFactor("cpu", lambda found: found.cpu, "processor", _processor),
    SetupFactor("machine", lambda found: found.machine),
    SetupFactor("cores", lambda found: found.cores),
    SetupFactor(
        "memory", lambda found: found.memory_gib, "memory", lambda found: f"{found.memory_gib} GiB"
    ),
    SetupFactor("os", lambda found: found.os, "system"),
)
