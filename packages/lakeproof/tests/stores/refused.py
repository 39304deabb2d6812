"""What a table says of a store that refuses it, and a store that does."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import polars as pl
import pytest

from http_server import address_of, serving
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError

ABC = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, None, 3.0]})
# An end that a test can wait for.
SHORT = {"timeout": "1s", "connect_timeout": "1s", "retry_timeout": "1s", "max_retries": "1"}


def refusal(entry, do="load", **options) -> str:
    """The sentence; it is one line, and holds neither key, colour nor markup."""
    settings = {**entry["credentials"], **SHORT, **options}
    table = DeltaTable(**{**entry, "credentials": {k: v for k, v in settings.items() if v}})
    with pytest.raises(LakeproofError) as caught:
        table.load() if do == "load" else table.save(ABC)
    said = caught.value.message
    for hidden in ("\x1b", "\\x1b", "<Code", "<?xml", "\n", "↳", *(_secrets(entry["credentials"]))):
        assert hidden not in said, said
    return said


def _secrets(options):
    return [value for name, value in options.items() if "KEY" in name]


@contextmanager
def answering(status: int, said: bytes) -> Iterator[str]:
    """A store that has one answer for all that it is asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_PUT = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    with serving(Answer) as server:
        yield address_of(server)
