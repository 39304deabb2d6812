"""The ways in which a digest can be refused.

A digest that cannot be computed is an exception, never an empty or partial one: a check that did
not run must not look like one that passed.
"""

from __future__ import annotations

from lakeproof.errors import LakeproofError

TEACH = "register what counts of its type: lakeproof.digest.content_of, in four lines."


class NotDigestibleError(LakeproofError):
    """Say that a value has no canonical digest.

    Callers turn this into the verdict "not comparable", never into "same".
    """


class LazyPartError(NotDigestibleError):
    """Say that a value holds a plan, such as a lazy frame, that nobody has computed yet."""


class FactsMismatchError(LakeproofError):
    """Say that two sets of table facts cannot be combined, or that stored facts make no sense."""
