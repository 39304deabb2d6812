"""The machine a run had and how it used it: factors of a result, never a host name or a path.

Call it at the end of a run: a native library is seen once it is loaded.
"""

import platform
from collections.abc import Mapping

from lakeproof import determinism
from lakeproof.record.factors.machine import cores, cpu_model, memory_gib, system
from lakeproof.record.factors.threads import libraries
from lakeproof.record.facts import ComputeFacts, Surroundings


def gather_compute(
    engine: str,
    engine_configuration: Mapping[str, str],
    surroundings: Surroundings | None = None,
    runner: str | None = None,
    is_async: bool | None = None,
    factors: Mapping[str, str] | None = None,
) -> ComputeFacts:
    """Look at the machine, the loaded thread pools and the settings in force.

    Args:
        engine: `embedded` or `spark`.
        engine_configuration: What was in force, without secrets.
        surroundings: Taken when the run began.
        runner: The class that ran the nodes.
        is_async: Whether it loaded and saved in threads beside them.
        factors: What the project's own factors said when the run began.
    """
    return ComputeFacts(
        engine=engine,
        engine_configuration=dict(engine_configuration),
        recipe=determinism.origin(),
        threads=determinism.in_force(),
        libraries=libraries(),
        cpu=cpu_model(),
        machine=platform.machine(),
        cores=cores(),
        memory_gib=memory_gib(),
        os=system(),
        surroundings=surroundings,
        runner=runner,
        is_async=is_async,
        factors=dict(factors or {}),
    )
