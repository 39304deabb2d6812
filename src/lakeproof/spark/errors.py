"""The error of everything that keeps Spark from starting, or from doing what was asked."""

from lakeproof.errors import LakeproofError


class SparkError(LakeproofError):
    """Spark cannot be had, or not as it was asked for."""
