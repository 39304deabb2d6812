"""What a command prints arrives, whatever the terminal can show.

The standard library alone: it is imported before everything else.
"""

import codecs
import sys
from typing import TextIO

_NAME = "lakeproof"
# What we write ourselves.
_PLAIN = {
    "\u2192": "->",
    "\u2026": "...",
    "\u2013": "-",
    "\u2014": "-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00d7": "x",
    "\u25bc": "|",
    "\ufffd": "?",
}


def show_anything() -> None:
    """Write on standard output and error, in other letters, what they have no letters for.

    In Latin-1 an arrow would otherwise end a command with a traceback, and an exit code that means
    DIVERGED.
    """
    codecs.register_error(_NAME, _spell)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # without a console there is none
            make_patient(stream)


def make_patient(stream: TextIO) -> None:
    """Let a stream spell out what it cannot encode."""
    reconfigure = getattr(stream, "reconfigure", None)
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if callable(reconfigure) and not encoding.startswith("utf"):
        codecs.register_error(_NAME, _spell)
        reconfigure(errors=_NAME)


def can_show(text: str) -> bool:
    """Tell whether standard output has letters for a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    spelled = (
        _PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode("ascii") for one in lost
    )
    return "".join(spelled), error.end
