"""A second table format: a folder in which each version of a table is a CSV file."""

from pathlib import Path

import pandas as pd
from lakeproof.versioned import VersionFolder


class CsvVersions(VersionFolder):
    """Read and write frames of pandas; a number comes back from its text to the last bit.

    Example catalog entry:
        ```yaml
        prices:
          type: lakeproof_test_plugin.CsvVersions
          filepath: data/prices
          load_args: {version: 0}
        ```
    """

    suffix = ".csv"

    def read_file(self, path: Path) -> pd.DataFrame:
        """Read one version."""
        return pd.read_csv(path, float_precision="round_trip")

    def write_file(self, data: pd.DataFrame, path: Path) -> None:
        """Write one version."""
        data.to_csv(path, index=False)
