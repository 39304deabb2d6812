"""A real MLflow server on this machine, for the tests that share it, and a PostgreSQL.

`make test-stores` names a folder with what these need beside our lock, in LAKEPROOF_TEST_SERVER.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

_STARTS_S = 300
# Without the processes that wait for jobs, a dozen of them.
QUIETLY = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


# The folder of more packages; `None` where only the lock is there.
MORE = os.environ.get("LAKEPROOF_TEST_SERVER")
ADMIN = ("admin", "the password of an admin")


class Server:
    """An MLflow server that can go and come back.

    Args:
        folder: For what it keeps.
        database: The address of its database; `None` for SQLite's.
        asks: Whether it asks for user and password, which `MORE` is for.
        bucket: Where it keeps artifacts, an address; `None` for its folder.
        opens: Variables that open the bucket.
    """

    def __init__(
        self,
        folder: Path,
        database: str | None = None,
        asks: bool = False,
        bucket: str | None = None,
        opens: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._database = database or f"sqlite:///{folder}/runs.db"
        self._asks = asks
        self._bucket = bucket
        self._opens = dict(opens or {})
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
        options = ["--backend-store-uri", self._database]
        options += ["--artifacts-destination", self._bucket or str(self.files)]
        options += ["--uvicorn-opts", "--log-level info --access-log"]
        options += ["--app-name", "basic-auth"] if self._asks else []
        more = {"PYTHONPATH": MORE} if MORE else {}
        secrets = {
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN[1],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test",
        }
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self._port)],
                stdout=log,
                stderr=log,
                # Its users are in a file beside.
                cwd=self._folder,
                env=os.environ | QUIETLY | more | secrets | self._opens,
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


class Postgres:
    """A PostgreSQL with an empty database, which root may not start."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lakeproof-postgres-"))
        self._as = []
        if os.getuid() == 0:
            shutil.chown(self._folder, "nobody")
            self._as = ["setpriv", "--reuid=nobody", "--clear-groups"]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._run("initdb", "--auth=trust", "--username=mlflow", "--pgdata", f"{self._folder}/data")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = f"{self._folder}/log"
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-w", "-l", log, "-o", options, "start")
        self.uri = f"postgresql+psycopg://mlflow@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        """End it, and leave nothing."""
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, *command: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        subprocess.run([*self._as, *command], check=True, cwd="/", **quiet)


def move_tables(catalog: Path, entry: str) -> None:
    r"""Let the three tables of the example lie elsewhere.

    Args:
        catalog: The `catalog.yml` of a project that was made from the template.
        entry: What stands there instead of `filepath:` and its place; `\1` is the table's name.
    """
    text, count = re.subn(
        r"filepath: (?:\$\{either:\$\{globals:table, null\}, )?"
        r"data/(?:02|04|07)_\w+/\$\{globals:example\}/(\w+)\}?",
        entry,
        catalog.read_text(),
    )
    assert count == 3
    catalog.write_text(text)
