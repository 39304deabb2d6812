"""Whether the records of the project hang together: what `kedro check --all` adds."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from lakeproof.commands.command_errors import ExportError
from lakeproof.commands.for_others import attestations, erasures
from lakeproof.erasure.sealed_receipts import done_receipts, link_of
from lakeproof.record.chain.head import head_of
from lakeproof.record.chain.links import Chain, Link, examine, path_to
from lakeproof.record.documents.document import RecordError, from_bytes
from lakeproof.record.documents.shapes import is_run_id
from lakeproof.record.mlflow_store.store import ATTESTED, REPRODUCES, TAG, digest_of
from lakeproof.record.mlflow_store.unsent import kept_records

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.mlflow_store.stored_run import StoredRun

_MOST_SHOWN = 10


def gather(project: "RunProject") -> Chain:
    """Look at all records, of re-runs and failed runs too, and at the head of this clone.

    The stores of other environments are asked where something seems to be missing.
    """
    head = head_of(project.path)
    newest = head.digest if head is not None else None
    links = [*_links(project.stored_runs), *_kept(project)]
    links += [link_of(content) for _, content in done_receipts(project.path)]
    named = dict(_named(project))
    chain = examine(links, newest, named)
    if chain.breaks:
        # Of other environments, and receipts of erasures by others.
        links += [*_links(project.records.other_runs())]
        links += [link for link, _ in erasures.receipts(project)]
        chain = examine(links, newest, named)
    return replace(chain, breaks=(*chain.breaks, *erasures.faults(project)))


def _named(project: "RunProject") -> Iterator[tuple[str, str]]:
    """Yield the heads that attestations hold on to, each with who."""
    attested = [run for run in project.stored_runs if ATTESTED in run.tags]
    for run_id in dict.fromkeys(run.tags.get(REPRODUCES) for run in attested):
        if run_id is None or not is_run_id(run_id):
            continue
        for found in attestations.of_run(project, run_id):
            if found.statement is not None and found.statement.claim.head is not None:
                yield found.statement.claim.head, f"The attestation on run {found.rerun_id[:8]}"


def export(project: "RunProject", run: str) -> str:
    """Write what leads to a run and to the head that its newest attestation names, oldest first.

    Whoever verified the run has a chain of their own: where the run is not in it, both are written.

    Raises:
        ExportError: If there is no attestation that holds, or a chain has a break.
    """
    found = attestations.newest(project, run)
    assert found.statement is not None, "it holds"
    runs = [*project.stored_runs, *project.records.other_runs()]
    known = {link.digest: link for link in _links(runs)}
    receipts = {link.run_id: (link, content) for link, content in erasures.receipts(project)}
    known |= {link.digest: link for link, _ in receipts.values()}
    claim = found.statement.claim
    ways = [_whole_path(claim.record, known), _whole_path(claim.head, known)]
    records = [
        {
            "run_id": run_id,
            "record": (
                receipts[run_id][1] if run_id in receipts else project.records.content(run_id)
            ).decode(),
        }
        for run_id in dict.fromkeys(link.run_id for way in ways for link in way)
    ]
    return json.dumps({"schema": 1, "records": records}, indent=1) + "\n"


def _whole_path(digest: str | None, known: Mapping[str, Link]) -> Sequence[Link]:
    """Give the records up to one.

    Raises:
        ExportError: If one of them is not there.
    """
    way = path_to(digest, known)
    if not way or way[0].previous is not None:
        raise ExportError(
            f"The chain up to {str(digest)[:19]}… is not whole. Nothing was written. See: "
            "kedro check --all"
        )
    return way


def document(chain: Chain) -> dict[str, Any]:
    """Give the value of the key `chain`."""
    return asdict(chain)


def render(chain: Chain) -> str:
    """Write it for people: one line where all is well."""
    if chain.head is None:
        return "Chain: this clone has made no record yet that names the one before it."
    first = f"Chain: {chain.records} record(s) lead to the newest one, {chain.head[:19]}…"
    if chain.beside:
        first += f"; {chain.beside} are of other clones, of before, or of a fork"
    told = [*(f"BROKEN: {one}" for one in chain.breaks), *(f"Fork: {one}" for one in chain.forks)]
    more = [f"… and {len(told) - _MOST_SHOWN} more: --json"] if len(told) > _MOST_SHOWN else []
    return "\n".join([f"{first}.", *told[:_MOST_SHOWN], *more])


def _links(runs: "Iterable[StoredRun]") -> Iterator[Link]:
    for run in runs:
        # Its seal was held against its bytes when it was read.
        if run.record is not None:
            yield Link(run.run_id, run.tags[TAG], run.record.previous)


def _kept(project: "RunProject") -> Iterator[Link]:
    """Yield those that are still on their way."""
    for run_id, path in kept_records(project.path):
        try:
            content = path.read_bytes()
            record = from_bytes(content, f"The record of run {run_id[:8]}")
        except (OSError, RecordError):
            continue
        yield Link(run_id, digest_of(content), record.previous)
