"""Whether the records of the project hang together: what `kedro check --all` adds."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lakeproof.record.chain.head import head_of
from lakeproof.record.chain.links import Chain, Link, examine
from lakeproof.record.documents.document import RecordError, from_bytes
from lakeproof.record.mlflow_store.store import TAG, digest_of
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
    chain = examine(links, newest)
    if chain.breaks:
        chain = examine([*links, *_links(project.records.other_runs())], newest)
    return chain


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
