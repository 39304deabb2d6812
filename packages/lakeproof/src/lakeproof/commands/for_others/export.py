"""`kedro export`: the record of a run in a format that others read."""

from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.for_others import attestations, chain
from lakeproof.commands.output import remark, write_atomically
from lakeproof.export import FORMATS

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject

ATTESTATION, CHAIN = "attestation", "chain"


def export(project: "RunProject", run: str, kind: str) -> str:
    """Write the record of a run in a format.

    Raises:
        LakeproofError: If there is no such run, or it has no record that can be read.
    """
    if kind == ATTESTATION:
        return attestations.newest(project, run).content.decode(errors="replace")
    if kind == CHAIN:
        return chain.export(project, run)
    return FORMATS[kind](*project.records.sealed(project.records.resolve(run)))


def save(text: str, output: Path) -> None:
    """Write it to a file, and say so."""
    write_atomically(output, text.encode())
    remark(f"Wrote {output}")
