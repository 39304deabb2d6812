"""What must be in force before Kedro imports anything.

The entry point `kedro.init` comes first of all, before any plug-in, `settings.py` or numpy. This
module therefore imports the standard library alone.
"""

import os


def prepare() -> None:
    """Turn off what would send or write something behind the user's back.

    Kedro's telemetry is on unless refused and writes an id into `pyproject.toml`, which would make
    the very first run a run of a changed tree. A value the user has set is left alone.
    """
    os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
