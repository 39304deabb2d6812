"""The pictures of a run, from its MLflow artifacts into the page itself."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from lakeproof.record.facts import FileFacts, Record
from lakeproof.views.blocks import Picture, Pictures

# What a browser shows within <img>, where a picture can neither run anything nor load anything.
_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_MOST = 12
_LARGEST = 4_000_000


def pictures_of(
    fetch: Callable[[FileFacts], Path | None], record: Record | None, rerun: Record | None
) -> Pictures:
    """Inline what the run has drawn, and what the re-run has drawn otherwise.

    A file whose bytes are not the recorded ones is not shown: it is not the picture of this run.

    Args:
        fetch: Brings a file that a run wrote; `None` where nobody kept it.
        record: Of the recorded run.
        rerun: Of the re-run.
    """
    ours = {file.dataset: file for file in _drawn(record)}
    theirs = {
        file.dataset: file
        for file in _drawn(rerun)
        if file.dataset not in ours or ours[file.dataset].sha256 != file.sha256
    }
    titled = [
        *((file.dataset, file) for file in ours.values()),
        *((f"{file.dataset}, re-run", file) for file in theirs.values()),
    ]
    found = ((title, _inlined(file, fetch)) for title, file in titled)
    shown = (Picture(title, source) for title, source in found if source is not None)
    return Pictures(tuple(islice(shown, _MOST)))


def _drawn(record: Record | None) -> Iterator[FileFacts]:
    for file in record.outputs.files if record else ():
        if Path(file.path).suffix.lower() in _TYPES and file.size <= _LARGEST:
            yield file


def _inlined(file: FileFacts, fetch: Callable[[FileFacts], Path | None]) -> str | None:
    path = fetch(file)
    if path is None or not path.is_file():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        return None
    kind = _TYPES[Path(file.path).suffix.lower()]
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
