"""A store as S3's, in a process of its own: delta-rs keeps Python from answering while it lists.

Run as a program it is the server (moto); it ends when its standard input does.
"""

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from email.utils import formatdate


@dataclass
class ObjectStore:
    """A server with a bucket `lake`.

    Args:
        process: It.
        port: On 127.0.0.1.
    """

    process: "subprocess.Popen[str]"
    port: int
    uri: str = "s3://lake"
    options: dict[str, str] = field(default_factory=dict)
    folder: str | None = None

    def __post_init__(self) -> None:
        """Make the bucket of moto's, and say how one gets in."""
        if self.options:
            return
        self.options = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY",
            "AWS_REGION": "eu-central-1",
            "AWS_ALLOW_HTTP": "true",
        }
        self.ask("PUT", "")

    def ask(self, method: str, key: str, body: bytes | None = None) -> bytes:
        """Send a request past all libraries."""
        address = f"http://127.0.0.1:{self.port}/lake/{key}"
        plain = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(address, data=body, method=method, headers=plain)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def contents(self, place: str) -> dict[str, bytes]:
        """Give all that lies below a place, by path."""
        from lakeproof.stores.files import filesystem, listed

        below = filesystem(place, self.options)
        found = [one.path for one in listed(place, self.options)]
        return {path: below.open_input_file(path).read() for path in found}

    def holding(self, place: str, key: str) -> list[str]:
        """Name what has a key, as bytes or as a value of a row, which may be packed."""
        import polars as pl

        return [
            path
            for path, content in self.contents(place).items()
            if key.encode() in content
            or (path.endswith(".parquet") and key in str(pl.read_parquet(content).to_dicts()))
        ]

    @classmethod
    def started(cls, **environment: str) -> "ObjectStore":
        """Start one; `CONDITIONAL="no"` ignores the condition of a conditional put."""
        process = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(process, int(process.stdout.readline()))

    def stop(self) -> None:
        """End it."""
        self.process.stdin.close()
        if self.folder is not None:
            self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()
        if self.folder is not None:
            shutil.rmtree(self.folder)


_AZURE_KEY = (
    # Azurite's own, which is public.
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


def start(program: str) -> ObjectStore:
    """Start moto, or one of the servers that `make test-stores` has installed.

    Args:
        program: `moto`, or a path that ends in `versitygw` or `azurite-blob`.
    """
    if program == "moto":
        return ObjectStore.started()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return (_azurite if program.endswith("azurite-blob") else _versitygw)(program, port)


def _versitygw(program: str, port: int) -> ObjectStore:
    folder = tempfile.mkdtemp(prefix="lakeproof-store-")
    os.mkdir(f"{folder}/lake")
    account = {"ROOT_ACCESS_KEY": "admin-key", "ROOT_SECRET_KEY": "admin-secret"}
    command = [program, "--port", f"127.0.0.1:{port}", "--quiet", "posix", folder]
    process = _server(command, port, account)
    options = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "admin-key",
        "AWS_SECRET_ACCESS_KEY": "admin-secret",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    return ObjectStore(process, port, "s3://lake", options, folder)


def _azurite(program: str, port: int) -> ObjectStore:
    folder = tempfile.mkdtemp(prefix="lakeproof-store-")
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    process = _server([*command, "--inMemoryPersistence"], port, {})
    account = {"azure_storage_account_name": "devstoreaccount1"}
    options = {
        **account,
        "azure_storage_account_key": _AZURE_KEY,
        "azure_storage_endpoint": f"http://127.0.0.1:{port}/devstoreaccount1",
        "azure_storage_allow_http": "true",
        "allow_http": "true",
    }
    _make_container(port)
    return ObjectStore(process, port, "az://lake", options, folder)


def _make_container(port: int) -> None:
    """Sign one request by hand, as Azure wants it."""
    now = formatdate(usegmt=True)
    headers = f"x-ms-date:{now}\nx-ms-version:2021-08-06\n"
    resource = "/devstoreaccount1/devstoreaccount1/lake\nrestype:container"
    text = "PUT" + "\n" * 12 + headers + resource
    digest = hmac.new(base64.b64decode(_AZURE_KEY), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/devstoreaccount1/lake?restype=container",
        method="PUT",
        headers={
            "x-ms-date": now,
            "x-ms-version": "2021-08-06",
            "Authorization": f"SharedKey devstoreaccount1:{signature}",
        },
    )
    with urllib.request.urlopen(request):
        pass


def _server(command: list[str], port: int, more: dict[str, str]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        command,
        env={**os.environ, **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for _ in range(3000):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"{command[0]} does not listen on {port}")


def _one_put_at_a_time() -> None:
    """Let a conditional put look and write at once: moto's threads look, and then write."""
    import threading

    from moto.s3.responses import S3Response

    put, alone = S3Response.put_object, threading.Lock()

    def put_object(self):
        with alone:
            return put(self)

    S3Response.put_object = put_object


def _without_conditions() -> None:
    from moto.s3.responses import S3Response
    from werkzeug.datastructures import Headers

    put = S3Response.put_object

    def put_object(self):
        kept = [(k, v) for k, v in dict(self.headers).items() if k.lower() != "if-none-match"]
        self.headers = Headers(kept)
        return put(self)

    S3Response.put_object = put_object


def _serve() -> None:
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel("ERROR")
    if os.environ.get("CONDITIONAL") == "no":
        _without_conditions()
    else:
        _one_put_at_a_time()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    _serve()
