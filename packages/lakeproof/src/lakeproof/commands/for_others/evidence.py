"""Whether somebody else has reproduced a run: what promotes it, and what does not.

Two policies. `verified` believes what lies in the store: the record of a re-run that passed, which
is compared again here. Whoever can write to the store can make one up. `signed` believes nothing of
it but a statement that a listed key has signed about this very record.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeproof.attest.reproduction import PASSES, Verifier
from lakeproof.commands.for_others import attestations
from lakeproof.commands.for_others.attestations import Found
from lakeproof.project_settings import SIGNED, Promotion
from lakeproof.record.documents.document import RecordError
from lakeproof.record.mlflow_store.store import VERDICT
from lakeproof.reproduce.comparison.compare import compare

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record
    from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun

_SHORT = 8


@dataclass(frozen=True)
class Evidence:
    """A reproduction by somebody else.

    Args:
        rerun_id: The re-run.
        verdict: Its verdict.
        another: What was another there: `checkout`, `user`, `machine`.
        signer: Whose key has signed it, where that was asked for.
    """

    rerun_id: str
    verdict: str
    another: tuple[str, ...]
    signer: str | None = None


@dataclass(frozen=True)
class Judged:
    """What speaks for a run, and why the rest does not.

    Args:
        evidence: What speaks for it, newest first.
        refusals: Sentences on what does not.
    """

    evidence: tuple[Evidence, ...]
    refusals: tuple[str, ...]


def judge(project: "RunProject", record: "Record", policy: Promotion) -> Judged:
    """Look at everything that was done to reproduce a run.

    Args:
        project: The project, whose pyproject.toml lists the keys.
        record: The run's.
        policy: What is asked for.
    """
    own = attestations.verifier_of(record)
    if own == Verifier(None, None, None):
        return Judged((), ("Its record does not say who made it: nobody can be told from them.",))
    if policy.policy == SIGNED:
        signed = attestations.of_run(project, record.run.run_id)
        found = list(_of_signatures(own, signed, policy))
        nothing = "No attestation of it is in the store."
    else:
        reruns = project.records.of(record.run.run_id).reruns_of(record.run.run_id)
        found = list(_of_reruns(project, record, own, reruns, policy))
        nothing = "Nobody has reproduced it."
    evidence = tuple(one for one in found if isinstance(one, Evidence))
    refusals = tuple(one for one in found if isinstance(one, str))
    return Judged(evidence, refusals if found else (nothing,))


def differences(own: Verifier, other: Verifier, wanted: Iterable[str]) -> tuple[str, ...]:
    """Name what is another: what either does not know is not known to be another."""
    pairs = ((kind, getattr(own, kind), getattr(other, kind)) for kind in wanted)
    return tuple(kind for kind, a, b in pairs if a is not None and b is not None and a != b)


def _of_signatures(
    own: Verifier, found: Iterable[Found], policy: Promotion
) -> Iterator[Evidence | str]:
    for one in found:
        if one.statement is None:
            yield attestations.told(one)
            continue
        claim = one.statement.claim
        yield _judged(
            *(one.rerun_id, claim.verdict, own, claim.verifier, policy), signer=one.signer
        )


def _of_reruns(
    project: "RunProject",
    record: "Record",
    own: Verifier,
    reruns: Iterable["MlflowRun"],
    policy: Promotion,
) -> Iterator[Evidence | str]:
    for run in reruns:
        told = run.tags.get(VERDICT)
        if told not in PASSES:
            yield f"Re-run {run.run_id[:_SHORT]} is no pass: {told or 'it has no verdict'}."
            continue
        try:
            rerun = project.records.record(run.run_id)
        except RecordError as error:
            yield error.message
            continue
        if rerun.run.reproduces != record.run.run_id:
            yield f"Run {run.run_id[:_SHORT]} is no re-run of it, by its own record."
            continue
        # The verdict is a tag, which anybody can write.
        verdict = compare(record, rerun, is_rerun=True).verdict
        if verdict not in PASSES:
            yield (f"Re-run {run.run_id[:_SHORT]} is tagged {told}, and its record says {verdict}.")
            continue
        yield _judged(run.run_id, verdict, own, attestations.verifier_of(rerun), policy)


def _judged(
    rerun_id: str,
    verdict: str,
    own: Verifier,
    other: Verifier,
    policy: Promotion,
    signer: str | None = None,
) -> Evidence | str:
    another = differences(own, other, policy.another)
    if not another:
        return (
            f"Re-run {rerun_id[:_SHORT]} was made by the same "
            f"{', '.join(policy.another)} as the run, as far as is known."
        )
    return Evidence(rerun_id, verdict, another, signer)
