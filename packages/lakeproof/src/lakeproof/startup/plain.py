"""The one switch that turns off every trick for speed."""

import os

VARIABLE = "LAKEPROOF_PLAIN"


def is_plain() -> bool:
    """Tell whether the libraries are to be used as they come, a bit slower."""
    return os.environ.get(VARIABLE, "") not in ("", "0")
