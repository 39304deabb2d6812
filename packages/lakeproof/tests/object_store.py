"""A store as S3's, in a process of its own: delta-rs keeps Python from answering while it lists.

Run as a program it is the server (moto); it ends when its standard input does.
"""

import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field


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

    def __post_init__(self) -> None:
        """Make the bucket, and say how one gets in."""
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
        request = urllib.request.Request(address, data=body, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

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
        self.process.wait(30)
        self.process.stdout.close()


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
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    _serve()
