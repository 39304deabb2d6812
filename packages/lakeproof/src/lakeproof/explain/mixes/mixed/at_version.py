"""The record of a run that read a table at another version, all else being as it was."""

from dataclasses import replace
from typing import Any

from lakeproof.explain.mixes.mixed.mixed_data import mixed_data, spelled
from lakeproof.record.facts import Record
from lakeproof.reproduce.comparison.received import plain_name
from lakeproof.versioned.table_version import VersionFacts


def at_version(record: Record, dataset: str, version: VersionFacts) -> Record | None:
    """Put together the record of a run that reads another version of a table.

    Args:
        record: The run.
        dataset: The table's catalog name.
        version: With the digest that its writer stored: what is there is held against it.

    Returns:
        `None` where the run reads no such table, or nobody stored a digest.
    """
    was = [one for one in record.inputs.tables if plain_name(one.dataset) == dataset]
    if not was or version.digest is None:
        return None
    read = replace(
        was[-1],
        version=version.version,
        rows=version.rows if version.rows is not None else was[-1].rows,
        digest=version.digest,
        digest_from="commit",
        pin="--load-versions",
        is_own=False,
        committed_digest=None,
    )
    others = tuple(one for one in record.outputs.tables if plain_name(one.dataset) != dataset)
    other = replace(
        record,
        inputs=replace(record.inputs, tables=(read,)),
        outputs=replace(record.outputs, tables=others),
    )
    inputs, outputs, pins = mixed_data(record, {dataset: other})
    asked = {**pins, read.dataset: str(version.version)}
    options: dict[str, Any] = {**record.run.options, "load_versions": spelled(asked)}
    return replace(
        record,
        run=replace(record.run, options=options),
        inputs=inputs,
        outputs=outputs,
        problems=(),
    )
