"""The error of everything that keeps Spark from starting, or from doing what was asked."""

import re

from lakeproof.errors import LakeproofError

_DETAILS = re.compile(r'^\s*details = "(.+)"$', re.MULTILINE)


def text_of(error: BaseException) -> str:
    """Write an error of Java's: Java itself is asked for the words, if it still answers."""
    try:
        text = str(error)
    except Exception:
        return f"{type(error).__name__}: Spark's JVM has ended"
    # Of a call to a server that came to nothing, gRPC shows an object; one field is the sentence.
    found = _DETAILS.search(text)
    return found[1] if found else text


def sentence_of(error: BaseException) -> str:
    """Write the first line of an error, which says what is the matter."""
    return (text_of(error).strip().splitlines() or ["it says nothing"])[0][:400]


class SparkError(LakeproofError):
    """Spark cannot start, or not as it was asked for."""
