"""The same as a flow of Metaflow: what each step made is an artifact."""

import shutil
import subprocess
import sys
from pathlib import Path

from metaflow import FlowSpec, step


class WineFlow(FlowSpec):
    """Ingest, feature, train, evaluate."""

    def _do(self, name):
        subprocess.run([sys.executable, "steps.py", name], check=True)
        self.made = {path.name: path.read_bytes() for path in sorted(Path("out").iterdir())}
        self.params = Path("params.yaml").read_text()

    @step
    def start(self):
        """Ingest."""
        # What yesterday's run left is none of this one's.
        shutil.rmtree("out", ignore_errors=True)
        self._do("ingest")
        self.next(self.feature)

    @step
    def feature(self):
        """Feature."""
        self._do("feature")
        self.next(self.train)

    @step
    def train(self):
        """Train."""
        self._do("train")
        self.next(self.end)

    @step
    def end(self):
        """Evaluate."""
        self._do("evaluate")


if __name__ == "__main__":
    WineFlow()
