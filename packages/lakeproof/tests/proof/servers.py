"""A real MLflow server on this machine, for the tests that share it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

_STARTS_S = 300
# Without the processes that wait for jobs, a dozen of them.
QUIETLY = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


class Server:
    """An MLflow server that can go and come back."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def files(self) -> Path:
        """Where it keeps artifacts."""
        return self._folder / "files"

    @property
    def log(self) -> str:
        """What it has said, each request among it."""
        return (self._folder / "log").read_text(errors="replace")

    @property
    def group(self) -> int:
        """The process group, by which all of it is ended."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        store = f"sqlite:///{self._folder}/runs.db"
        options = ["--backend-store-uri", store, "--artifacts-destination", str(self.files)]
        options += ["--uvicorn-opts", "--log-level info --access-log"]
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self._port)],
                stdout=log,
                stderr=log,
                env=os.environ | QUIETLY,
                start_new_session=True,
            )
        for _ in range(_STARTS_S * 4):
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.25)
        raise AssertionError(self.log)

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self.group, signal.SIGKILL)
            self._process.wait()
            self._process = None
