"""What kind of file some bytes are: text, packed, or another that is not read.

By what they begin with and are made of, not by a name.
"""

import io
import pickletools
import re
from collections.abc import Iterator

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"PK": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"]\x00\x00": "lzma",
    b"(\xb5/\xfd": "zstd",
    b'\x04"M\x18': "lz4",
    b"# v2 git bundle": "a bundle of git",
    b"# v3 git bundle": "a bundle of git",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"\x89HDF": "HDF5",
}
_LATER_PICKLE = b"\x80"
_MOST_BITS = 4096
_ZLIB = "zlib"
_DEFLATE = 8  # the method of zlib, in the lower half of its first byte
_WINDOW = 7  # the largest, in the upper half
_CHECK = 31  # divides the first two bytes


def pickled_texts(content: bytes) -> Iterator[str]:
    """Yield what is in pickles one after the other, numbers as text; nothing for what is none.

    Nothing is run.

    Args:
        content: What may be pickles of protocol 0, which are all but text.
    """
    if not content.endswith(b".") or content.startswith(_LATER_PICKLE):
        return
    file = io.BytesIO(content)
    try:
        while file.tell() < len(content):
            for _, found, _ in pickletools.genops(file):
                # Of a number without end Python makes no text, and nobody's key is one.
                is_endless = isinstance(found, int) and found.bit_length() > _MOST_BITS
                if found is not None and not is_endless:
                    yield str(found)
    except Exception:  # of what is none pickletools raises whatever its readers do
        return


def text_of(content: bytes) -> bytes | None:
    """Give what is text as UTF-8; `None` where it is none.

    Without controls, which nearly every other file has; UTF-16 by its mark.
    """
    try:
        if content.startswith(_UTF_16):
            content = content.decode("utf-16").encode()
        content.decode()
    except UnicodeError:
        return None
    return None if _CONTROL.search(content) else content


def is_old_text(content: bytes) -> bool:
    """Tell whether it may be text in an encoding of one byte a letter, such as cp1252."""
    return packed(content) is None and not _CONTROL.search(content)


def packed(first: bytes) -> str | None:
    """Name what packs a file, in which no text shows, by how it begins; `None` where nothing does.

    Text may begin so, too.
    """
    told = next((what for start, what in _PACKED.items() if first.startswith(start)), None)
    return told or (_ZLIB if _is_zlib(first) else None)


def _is_zlib(first: bytes) -> bool:
    if len(first) < 2:
        return False
    method, window = first[0] % 16, first[0] // 16
    is_checked = int.from_bytes(first[:2], "big") % _CHECK == 0
    return method == _DEFLATE and window <= _WINDOW and is_checked


def unread_kind(first: bytes) -> str:
    """Say of what is neither text nor read as rows what it is."""
    if what := packed(first):
        return f"it is packed ({what})"
    if first[:1] == b"\x80" and first[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "it is a pickle, which is not opened"
    return "it is no text, and of no kind that is read"
