"""What a record says: plain facts, apart from the code that gathers them and from their storage.

The sections stand in the order in which a reader asks. Everything here is written as it is into one
JSON document (`document`), so a name below is a key of the record. Nothing names a host, a user or
a place on this machine outside the project, but for tables and files that lie outside of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lakeproof.record.facts.code_facts import (
    BundleFacts,
    CodeFacts,
    ConfigurationFacts,
    Content,
    ImportedModule,
    SnapshotFacts,
)
from lakeproof.record.facts.data_facts import (
    FileFacts,
    InputFacts,
    ModelRead,
    OutputFacts,
    TableRead,
    TableWritten,
    ValueFacts,
)
from lakeproof.record.facts.logged_facts import Logged, LoggedKind
from lakeproof.record.facts.run_facts import Maker, ParameterFacts, RunFacts, Status, leaves
from lakeproof.record.facts.setup_facts import (
    ChangedFile,
    ComputeFacts,
    Distribution,
    EnvironmentFacts,
    Library,
    Surroundings,
)
from lakeproof.record.facts.steps_facts import (
    Metric,
    ModelFacts,
    NodeFacts,
    NodeIO,
    NodeIOKind,
    NotControlled,
    RowsLeftOut,
)

__all__ = [
    "SCHEMA",
    "BundleFacts",
    "ChangedFile",
    "CodeFacts",
    "ComputeFacts",
    "ConfigurationFacts",
    "Content",
    "Distribution",
    "EnvironmentFacts",
    "FileFacts",
    "ImportedModule",
    "InputFacts",
    "Library",
    "Logged",
    "LoggedKind",
    "Maker",
    "Metric",
    "ModelFacts",
    "ModelRead",
    "NodeFacts",
    "NodeIO",
    "NodeIOKind",
    "NotControlled",
    "OutputFacts",
    "ParameterFacts",
    "Record",
    "RowsLeftOut",
    "RunFacts",
    "SnapshotFacts",
    "Status",
    "Surroundings",
    "TableRead",
    "TableWritten",
    "ValueFacts",
    "leaves",
]

# Raised with every release that changes what a key means or adds one (`migrations` says what an
# older record has in its place); readers take every number up to their own.
SCHEMA = 5


@dataclass(frozen=True)
class Record:
    """One run, whole. `problems` say, in sentences, why it cannot be reproduced, if it cannot.

    `lakeproof` is the version that wrote it; `None` before schema 2, which began to say so.
    `previous` is the digest of the record that this clone made before it: `None` in its first one.
    `is_watched` tells whether anybody looked at what the nodes reached for beside their inputs.
    """

    run: RunFacts
    code: CodeFacts
    configuration: ConfigurationFacts
    parameters: ParameterFacts
    inputs: InputFacts
    outputs: OutputFacts
    nodes: tuple[NodeFacts, ...]
    models: tuple[ModelFacts, ...]
    metrics: Mapping[str, Metric]
    environment: EnvironmentFacts
    compute: ComputeFacts
    # Outputs that have no say: entries with `metadata: {lakeproof: {compare: false}}`.
    not_compared: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_watched: bool = False
    # What nodes gave to MLflow by themselves; `None` where nobody looked.
    logged: tuple[Logged, ...] | None = None
    # Rows without a target, left out of what was trained or tested on; `None` where nobody looked.
    rows_left_out: tuple[RowsLeftOut, ...] | None = None
    lakeproof: str | None = None
    previous: str | None = None
    schema: int = SCHEMA
