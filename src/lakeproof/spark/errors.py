"""The error of everything that keeps Spark from starting, or from doing what was asked."""

from lakeproof.errors import LakeproofError


def text_of(error: BaseException) -> str:
    """Write an error of Java's: Java itself is asked for the words, if it still answers."""
    try:
        return str(error)
    except Exception:
        return f"{type(error).__name__}: Spark's JVM has ended"


class SparkError(LakeproofError):
    """Spark cannot be had, or not as it was asked for."""
