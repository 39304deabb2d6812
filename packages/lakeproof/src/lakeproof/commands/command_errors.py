"""The ways in which a command cannot do what it was asked for."""

from lakeproof.errors import LakeproofError


class CatalogError(LakeproofError):
    """The catalog cannot be opened or edited, or has no such table."""


class InitError(LakeproofError):
    """A project cannot be set up."""


class OutputError(LakeproofError):
    """A file cannot be written."""


class UpgradeError(LakeproofError):
    """A project cannot take a wheel of Lakeproof."""


class PageError(LakeproofError):
    """There is no such page."""


class ExportError(LakeproofError):
    """A run cannot be given to others in the form that was asked for."""
