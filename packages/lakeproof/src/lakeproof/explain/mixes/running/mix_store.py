"""A mix in the user's store: a run of its own, which `kedro reproduce` has again and no list shows.

It has no parent and is no re-run of either; its tag says of which runs it is mixed. Its models are
kept with it, since another mix may ask them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store import store
from lakeproof.reproduce.store_own import Own, keep_own
from lakeproof.views.blocks import facts, section

_SHORT = 8
MODELS = "mix"


def keep_mix(
    records: store.RecordStore,
    record: Record,
    mixed: Record,
    between: tuple[str, str],
    takes: Sequence[str],
    models: Mapping[FileFacts, Path],
    artifacts: Path | None,
    project_path: Path,
) -> Record:
    """Store a mix, its record last, and give that.

    Args:
        records: The user's store.
        record: As the mix wrote it.
        mixed: What it was asked for with: its code, and the models that it was given.
        between: The ids of A and B.
        takes: The names of what came from B.
        models: Where each file of a model lies that it has fitted.
        artifacts: What else it logged.
        project_path: The user's project.
    """
    a, b = between
    short = f"mix of {a[:_SHORT]} and {b[:_SHORT]}"
    told = ", ".join(takes) or "nothing"
    own = Own(
        a,
        f"{short}: {told} of {b[:_SHORT]}",
        {store.MIX: f"{a}-{b}"},
        section(short, facts({f"From {b[:_SHORT]}": told, f"Else from {a[:_SHORT]}": "all"})),
        MODELS,
    )
    return keep_own(records, record, mixed, own, models, artifacts, project_path)
