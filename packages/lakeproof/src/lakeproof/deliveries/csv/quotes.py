"""Find a quote that is out of place, which CSV readers swallow rows over.

`7,"low` opens a quote that ends at the next one, many rows later: every reader here (Arrow's,
Polars', Python's own) then returns fewer rows and no error. RFC 4180 leaves no doubt: a quote
opens at the start of a field, closes at its end, and is doubled in between.

Not for parsing: this looks at the byte before and the byte after each quote, nothing else.
"""

import codecs

import numpy as np


class QuoteScan:
    """The state of the scan between two blocks of a file.

    Args:
        separator: The mark between two fields.
        quote: What encloses a field; nothing is looked at where it is empty.

    Attributes:
        fault: The offset in the file of the first quote out of place, or None so far.
    """

    def __init__(self, separator: str, quote: str = '"') -> None:
        self.fault: int | None = None
        self._neighbours = np.frombuffer(f"{separator}\r\n{quote}".encode(), np.uint8)
        self._quote = quote.encode()
        self._offset = 0
        self._before = b"\n"
        self._is_inside = False
        self._opened = 0

    def feed(self, block: bytes) -> None:
        """Scan the next block, of any size; the first has at least the byte order mark."""
        if self._offset == 0 and block.startswith(codecs.BOM_UTF8):
            self._offset = len(codecs.BOM_UTF8)
            block = block[self._offset :]
        if not block or self.fault is not None:
            return
        if not self._quote:
            return
        if self._quote in block or (self._before == self._quote and not self._is_inside):
            self._look(self._before + block)
        self._offset += len(block)
        self._before = block[-1:]

    def close(self) -> None:
        """Say that the file ends here."""
        if self._is_inside and self.fault is None:
            self.fault = self._opened

    def _look(self, text: bytes) -> None:
        # text[0] is the last byte of the block before: its quote, if it is one, was counted then,
        # but what follows it is seen only now.
        data = np.frombuffer(text, np.uint8)
        places = np.flatnonzero(data == self._quote[0])
        is_counted = places.size > 0 and places[0] == 0
        if is_counted:
            opens = np.arange(places.size) % 2 == (0 if self._is_inside else 1)
        else:
            opens = np.arange(places.size) % 2 == (1 if self._is_inside else 0)
        begins, ends = places[opens], places[~opens]
        begins_here, ends_here = begins[begins > 0], ends[ends < data.size - 1]
        wrong = np.concatenate(
            [
                begins_here[~np.isin(data[begins_here - 1], self._neighbours)],
                ends_here[~np.isin(data[ends_here + 1], self._neighbours)],
            ]
        )
        start = self._offset - 1
        if wrong.size:
            self.fault = start + int(wrong.min())
        fresh = begins_here[data[begins_here - 1] != self._quote[0]]
        if fresh.size:
            self._opened = start + int(fresh[-1])
        if (places.size - is_counted) % 2:
            self._is_inside = not self._is_inside
