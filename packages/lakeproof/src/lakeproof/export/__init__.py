"""A record in the words of others: supply chains, auditors, data platforms, archives.

Each format is a pure function of a record and its seal: no store, no clock, no Kedro and no MLflow,
so that the same record is the same file wherever and whenever it is written. What a record does not
say is left out and never guessed. Not for signatures (`attest`).
"""

from collections.abc import Callable, Mapping

from lakeproof.export.cyclonedx import cyclonedx
from lakeproof.export.in_toto import in_toto
from lakeproof.export.openlineage import openlineage
from lakeproof.export.ro_crate import ro_crate
from lakeproof.record.facts import Record

Export = Callable[[Record, str], str]

FORMATS: Mapping[str, Export] = {
    "in-toto": in_toto,
    "cyclonedx": cyclonedx,
    "ro-crate": ro_crate,
    "openlineage": openlineage,
}

__all__ = ["FORMATS", "Export", "cyclonedx", "in_toto", "openlineage", "ro_crate"]
