"""The statement that a run was reproduced, as in-toto's Statement v1: made, and read strictly.

Subjects are what the run made, by digest: its record first, models, files, versions of tables. The
predicate says which verdict a re-run had, who ran it, of what the run was made, and which record
was the newest of that clone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lakeproof.attest.attest_errors import AttestationError
from lakeproof.export.in_toto import STATEMENT, materials, subjects
from lakeproof.record.documents import shapes
from lakeproof.record.documents.parsing import ParsingError, parse
from lakeproof.record.facts import Record

PREDICATE = "urn:lakeproof:reproduction:v1"
PASSES = ("REPEATED", "REPRODUCED")

_is_seal = shapes.matches(r"sha256:[0-9a-f]{64}")
_is_checkout = shapes.matches(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Verifier:
    """Who ran it again, told from others and not named; as the record of the re-run says.

    Args:
        checkout: The random id of the project's folder.
        user: `sha256:…`.
        machine: `sha256:…`.
    """

    checkout: str | None
    user: str | None
    machine: str | None


@dataclass(frozen=True)
class Reproduction:
    """What is claimed.

    Args:
        run_id: The run.
        record: `sha256:…` of its record.
        verdict: `REPEATED` or `REPRODUCED`.
        factors: What was another, by name.
        rerun_id: The re-run; `None` where it could not be stored.
        rerun_record: `sha256:…` of its record.
        verifier: Who ran it.
        attested_at: When, ISO 8601 in UTC, by the verifier's own clock.
        head: The newest record of the verifier's clone at that time.
        lakeproof: The version.
    """

    run_id: str
    record: str
    verdict: str
    factors: tuple[str, ...]
    rerun_id: str | None
    rerun_record: str | None
    verifier: Verifier
    attested_at: str
    head: str | None
    lakeproof: str


@dataclass(frozen=True)
class Statement:
    """A statement that was read.

    Args:
        claim: What it claims.
        subjects: Name, algorithm and value of each digest that it is about.
    """

    claim: Reproduction
    subjects: frozenset[tuple[str, str, str]]


def written(record: Record, claim: Reproduction) -> bytes:
    """Write the statement about a run.

    Args:
        record: The run's own.
        claim: What is claimed of it.

    Raises:
        ValueError: If no pass is claimed, or of another run.
    """
    if claim.verdict not in PASSES:
        raise ValueError(f"a {claim.verdict} is not attested")
    if claim.run_id != record.run.run_id:
        raise ValueError("the claim is about another run")
    predicate = {**asdict(claim), "materials": list(materials(record))}
    document = {
        "_type": STATEMENT,
        "subject": list(subjects(record, claim.record)),
        "predicateType": PREDICATE,
        "predicate": predicate,
    }
    return (json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n").encode()


def read(payload: bytes) -> Statement:
    """Read a statement whose signature holds.

    Raises:
        AttestationError: If it is not one of a pass, in the form that `written` gives it.
    """
    try:
        document = parse(payload)
        predicate = dict(document["predicate"])
        if document["_type"] != STATEMENT or document["predicateType"] != PREDICATE:
            raise AttestationError("It is a statement of another kind.")
        found = frozenset(
            (str(one["name"]), str(algorithm), str(value))
            for one in document["subject"]
            for algorithm, value in one["digest"].items()
        )
        del predicate["materials"]
        predicate["verifier"] = Verifier(**predicate["verifier"])
        predicate["factors"] = tuple(predicate["factors"])
        claim = Reproduction(**predicate)
    except (ParsingError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise AttestationError("It is no statement about a reproduction.") from error
    for fault in _faults(claim, found):
        raise AttestationError(f"It is no statement about a reproduction: {fault}.")
    return Statement(claim, found)


def _faults(claim: Reproduction, found: frozenset[tuple[str, str, str]]) -> Sequence[str]:
    who = claim.verifier
    checks: dict[str, Any] = {
        "the run is none": shapes.is_run_id(claim.run_id),
        "the digest of the record is none": _is_seal(claim.record),
        f"{claim.verdict!a} is no pass": claim.verdict in PASSES,
        "the re-run is none": claim.rerun_id is None or shapes.is_run_id(claim.rerun_id),
        "the record of the re-run is none": _is_none_or(_is_seal, claim.rerun_record),
        "the head is none": _is_none_or(_is_seal, claim.head),
        "the moment is none": isinstance(claim.attested_at, str)
        and shapes.is_moment(claim.attested_at),
        "the checkout is none": _is_none_or(_is_checkout, who.checkout),
        "the user is none": _is_none_or(_is_seal, who.user),
        "the machine is none": _is_none_or(_is_seal, who.machine),
        "the factors are none": all(isinstance(one, str) for one in claim.factors),
        "the version is none": isinstance(claim.lakeproof, str),
        "the record is no subject of it": (
            *("record.json", "sha256"),
            str(claim.record).removeprefix("sha256:"),
        )
        in found,
    }
    return [fault for fault, holds in checks.items() if not holds]


def _is_none_or(holds: Any, value: Any) -> bool:
    return value is None or bool(holds(value))
