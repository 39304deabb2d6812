"""Run the project where it is installed as a package.

`python -m winery` is `kedro run`.
"""

import sys
from pathlib import Path
from typing import Any


def main(*args: Any, **kwargs: Any) -> Any:
    """Run on `conf` and `data` of the current folder, with the options of `kedro run`; recorded.

    Returns:
        What the run returns, where it is called from a notebook; else the process ends.
    """
    from lakeproof.startup import prepare_package

    # Threads and the hash seed have to be set before Kedro imports anything.
    prepare_package()
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    is_command = not args and not hasattr(sys, "ps1")
    package = Path(__file__).parent.name
    configure_project(package)
    return find_run_command(package)(*args, **{"standalone_mode": is_command, **kwargs})


if __name__ == "__main__":
    main()
