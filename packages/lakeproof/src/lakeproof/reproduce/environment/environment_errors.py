"""The one way in which an environment is refused."""

from lakeproof.errors import LakeproofError


class EnvironmentMissingError(LakeproofError):
    """An environment cannot be rebuilt: an interpreter or a package is missing."""

    def __init__(self, what: str, cure: str = "") -> None:
        cures = f"{cure} To re-run with what is installed here instead, add --here.".lstrip()
        super().__init__(f"{what}. Nothing was run. {cures}")
