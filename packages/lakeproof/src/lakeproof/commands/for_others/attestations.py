"""Attestations of a run: made of a re-run that passed, kept on it, found and verified again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.attest import envelope, keys, reproduction
from lakeproof.attest.attest_errors import AttestationError
from lakeproof.attest.reproduction import PASSES, Reproduction, Statement, Verifier
from lakeproof.commands.command_errors import ExportError
from lakeproof.project_settings import settings_of
from lakeproof.record.chain.head import head_of
from lakeproof.record.mlflow_store.store import ATTESTED, FOLDER
from lakeproof.record.setup.maker import maker_of
from lakeproof.version import VERSION

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Maker, Record
    from lakeproof.reproduce.outcomes import Comparison

NAME = "attestation.dsse.json"


@dataclass(frozen=True)
class Found:
    """An attestation that is kept on a re-run.

    Args:
        rerun_id: The re-run.
        content: The envelope.
        statement: What it says, where it holds.
        signer: Whose key, as the project calls it.
        fault: Why it does not hold.
    """

    rerun_id: str
    content: bytes
    statement: Statement | None = None
    signer: str | None = None
    fault: str | None = None


def signing_key(path: Path | None) -> "Ed25519PrivateKey":
    """Read the key to sign with: the one that is named, or the user's own.

    Raises:
        KeyFileError: If there is none.
    """
    return keys.load(path if path is not None else keys.usual(user_folder()))


def user_folder() -> Path:
    """Give the folder of the user's configuration of Lakeproof."""
    return Path(click.get_app_dir("lakeproof"))


def attest(
    project: "RunProject",
    compared: "Record",
    comparison: "Comparison",
    key: "Ed25519PrivateKey",
) -> str:
    """Sign that a run was reproduced, keep it on the re-run, and say so in a sentence.

    Args:
        project: The project.
        compared: The record that the re-run was held against.
        comparison: The verdict.
        key: To sign with.

    Raises:
        AttestationError: If the record is another by now.
    """
    run_id = comparison.run_id
    if comparison.verdict not in PASSES:
        return f"Nothing was attested: {comparison.verdict} is no pass."
    record, seal = project.records.sealed(run_id)
    if record != compared:
        raise AttestationError(
            f"The record of run {run_id[:8]} was changed while it was reproduced. Nothing was "
            "attested."
        )
    rerun_id = comparison.rerun_id
    if rerun_id is None:
        return "Nothing was attested: the re-run is not stored, so that nothing could keep it."
    _, rerun_seal = project.records.sealed(rerun_id)
    head = head_of(project.path)
    claim = Reproduction(
        run_id=run_id,
        record=seal,
        verdict=comparison.verdict,
        factors=tuple(factor.factor for factor in comparison.factors),
        rerun_id=rerun_id,
        rerun_record=rerun_seal,
        # Of this process: what lies in the store may have been changed by now.
        verifier=_verifier(maker_of(project.path)),
        attested_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        head=head.digest if head is not None else None,
        lakeproof=VERSION,
    )
    content = envelope.sign(reproduction.written(record, claim), key)
    name = envelope.key_id(key.public_key())
    client = project.records.of(rerun_id).client
    client.log_text(rerun_id, content.decode(), f"{FOLDER}/{NAME}")
    client.set_tag(rerun_id, ATTESTED, name)
    return (
        f"Attested with the key {name[:16]}, and kept on re-run {rerun_id[:8]}. Give it to others: "
        f"kedro export {run_id[:8]} --format attestation"
    )


def verifier_of(record: "Record") -> Verifier:
    """Tell who made a run, as far as its record says."""
    return _verifier(record.run.made_by)


def _verifier(maker: "Maker | None") -> Verifier:
    if maker is None:
        return Verifier(None, None, None)
    return Verifier(maker.checkout, maker.user, maker.machine)


def of_run(project: "RunProject", run_id: str) -> Iterator[Found]:
    """Find the attestations of a run, newest first, each held against key and record.

    Raises:
        LakeproofError: If the keys that the project lists cannot be read.
    """
    believed = keys.believed(settings_of(project.path).keys)
    seal = project.records.seal(run_id)
    for rerun in project.records.of(run_id).reruns_of(run_id):
        if ATTESTED not in rerun.tags:
            continue
        path = project.records.artifact(f"runs:/{rerun.run_id}/{FOLDER}/{NAME}")
        try:
            with Path(path or "").open("rb") as file:
                content = file.read(envelope.MOST_BYTES + 1)
        except OSError:
            yield Found(rerun.run_id, b"", fault="It is not where MLflow says.")
            continue
        try:
            signed = envelope.verify(content, believed)
            statement = reproduction.read(signed.payload)
            _require(statement, run_id, rerun.run_id, seal)
        except AttestationError as error:
            yield Found(rerun.run_id, content, fault=error.message)
        else:
            yield Found(rerun.run_id, content, statement, signed.signer)


def _require(statement: Statement, run_id: str, rerun_id: str, seal: str | None) -> None:
    claim = statement.claim
    if claim.run_id != run_id:
        raise AttestationError(f"It is that of another run, {claim.run_id[:8]}.")
    if claim.rerun_id != rerun_id:
        raise AttestationError("It is that of another re-run.")
    if claim.record != seal:
        raise AttestationError(
            f"The record is another one by now: it says {claim.record[:19]}…, the run has "
            f"{str(seal)[:19]}…."
        )


def told(found: Found) -> str:
    """Say of an attestation whose it is, or why it does not hold."""
    if found.statement is None:
        return f"An attestation on re-run {found.rerun_id[:8]} does not hold: {found.fault}"
    claim = found.statement.claim
    return (
        f"Attested: the holder of the key '{found.signer}' says that re-run {found.rerun_id[:8]} "
        f"{claim.verdict} this run, at {claim.attested_at}."
    )


def newest(project: "RunProject", run: str) -> Found:
    """Give the newest attestation of a run that holds.

    Raises:
        ExportError: If there is none, with why the newest does not hold.
    """
    run_id = project.records.resolve(run)
    found = [one for one in of_run(project, run_id) if one.content]
    holding = [one for one in found if one.statement is not None]
    if not found:
        raise ExportError(
            f"Run {run_id[:8]} has no attestation. Nothing was written. Make one: "
            f"kedro reproduce {run_id[:8]} --attest"
        )
    if not holding:
        raise ExportError(f"{told(found[0])} Nothing was written.")
    return holding[0]
