"""What every format says of a run, and how it writes it: digests, places, moments, identities."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lakeproof.record.facts import FileFacts, Record, TableRead

# Names of ours where a format wants an address: there is no page behind them, and no host.
KIND_OF_RUN = "urn:lakeproof:kedro-run:v1"
BUILDER = "urn:lakeproof:kedro"
PRODUCER = "urn:lakeproof:export"


def as_json(document: Any) -> str:
    """Write a document, always the same for the same."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def split_digest(digest: str) -> tuple[str, str]:
    """Take a digest apart: algorithm, and value in hexadecimal."""
    algorithm, _, value = digest.partition(":")
    return algorithm, value


def uuid_of(run_id: str) -> str:
    """Write the id of a run, 32 hexadecimal digits, as a UUID."""
    return str(UUID(run_id))


def outside_tables(record: Record) -> tuple[TableRead, ...]:
    """Give the table versions that the run did not make itself."""
    return tuple(table for table in record.inputs.tables if not table.is_own)


def outside_files(record: Record) -> tuple[FileFacts, ...]:
    """Give the files that the run read and did not write, each content of a path once."""
    found = {(file.path, file.sha256): file for file in record.inputs.files if not file.is_own}
    return tuple(found.values())


def made_files(record: Record) -> tuple[FileFacts, ...]:
    """Give the files that the run wrote, each content of a path once."""
    found = {(file.path, file.sha256): file for file in record.outputs.files}
    return tuple(found.values())


def source_uri(record: Record) -> str:
    """Name the repository; one that was cloned from nowhere has no address."""
    return f"git+{record.code.remote}" if record.code.remote else "git+file:."


def purls(record: Record) -> Iterator[tuple[str, str, str | None]]:
    """Yield name, version and package URL of what was installed; none for what is no index's."""
    for one in record.environment.distributions:
        purl = f"pkg:pypi/{one.name}@{one.version.replace('+', '%2B')}"
        yield one.name, one.version, purl if one.origin is None else None
