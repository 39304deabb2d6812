"""The ways in which a statement cannot be signed or believed."""

from lakeproof.errors import LakeproofError


class KeyFileError(LakeproofError):
    """A signing key is not there, or cannot be used."""

    exit_code = 2


class AttestationError(LakeproofError):
    """An attestation does not hold."""
