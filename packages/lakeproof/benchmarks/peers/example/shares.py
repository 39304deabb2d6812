"""Beside the steps, imported by them."""


def share(part, whole):
    """Give the part of the whole."""
    return part / whole
