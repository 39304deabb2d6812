"""Which mixes may take what nodes gave from each other: those of one code and one set-up."""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from lakeproof.record.facts import Record
from lakeproof.record.run.shared_nodes import TAKEN


def shared_by(folder: Path, mixed: Record) -> Path:
    """Give the folder of those mixes of an explanation that have a mix's code and set-up.

    Args:
        folder: The explanation's, which is there.
        mixed: What the mix is made of.
    """
    compute = mixed.compute
    alike = [
        *(asdict(mixed.code), asdict(mixed.configuration), asdict(mixed.environment)),
        *(mixed.run.kedro_env, compute.engine, compute.engine_configuration, compute.recipe),
        *(compute.threads, compute.libraries, compute.surroundings),
    ]
    content = json.dumps(alike, sort_keys=True, default=repr)
    place = folder / hashlib.sha256(content.encode()).hexdigest()
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def nodes_taken(scratch: Path) -> tuple[str, ...]:
    """Name the nodes that a run has taken, as it has left it in its scratch folder."""
    with suppress(OSError, ValueError):
        return tuple(json.loads((scratch / TAKEN).read_text(encoding="utf-8")))
    return ()
