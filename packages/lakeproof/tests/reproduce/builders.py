"""A small run as a record, and what may be another about it."""

import hashlib
import struct
from dataclasses import replace
from typing import Any

from lakeproof.record.code.source import tree_digest
from lakeproof.record.facts import (
    CodeFacts,
    ComputeFacts,
    ConfigurationFacts,
    Content,
    Distribution,
    EnvironmentFacts,
    FileFacts,
    InputFacts,
    Library,
    Metric,
    ModelFacts,
    NodeFacts,
    NodeIO,
    OutputFacts,
    ParameterFacts,
    Record,
    RunFacts,
    TableRead,
    TableWritten,
    ValueFacts,
)

RUN, RERUN = "3f9c2a7be1c44d0f8a6f0c2d9b7e5a10", "77aa2a7be1c44d0f8a6f0c2d9b7e5a11"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
COLUMNS = (("id", "string"), ("alcohol", "double"))


def digest(content: str, algorithm: str = "rs1") -> str:
    """Give the digest of a content that is called so."""
    return f"{algorithm}:{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def sha(content: str) -> str:
    """Give a sha256 in hexadecimal, as a file has it."""
    return hashlib.sha256(content.encode()).hexdigest()


def a_metric(value: float) -> Metric:
    """Give a metric of that value."""
    is_number = value == value and abs(value) != float("inf")
    return Metric(value if is_number else None, struct.pack(">d", value).hex())


def a_content(path: str, text: str) -> Content:
    """Give a file of that text."""
    return Content(path, sha(text), len(text), text=text)


def a_table_read(dataset: str = "samples", **changes: Any) -> TableRead:
    """Give a version of a table that came from outside."""
    table = TableRead(
        dataset=dataset,
        uri=f"data/{dataset}",
        table_id=f"id of {dataset}",
        version=3,
        columns=COLUMNS,
        rows=178,
        digest=digest(dataset),
        digest_from="rows",
        pin=None,
        is_own=False,
    )
    return replace(table, **changes)


def a_table_written(dataset: str = "features", **changes: Any) -> TableWritten:
    """Give a table that the run wrote."""
    table = TableWritten(
        dataset=dataset,
        uri=f"data/{dataset}",
        table_id=f"id of {dataset}",
        version=1,
        mode="overwrite",
        started_at=0,
        started_digest=None,
        written=True,
        columns=COLUMNS,
        rows=178,
        digest=digest(dataset),
        digest_from="rows",
        node=None,
    )
    return replace(table, **changes)


def crossing(dataset: str, kind: Any = "table", algorithm: str = "rs1", **changes: Any) -> NodeIO:
    """Give what crossed: by default with the digest that a dataset of that name has here."""
    has_digest = kind not in ("lazy", "picture", "opaque")
    one = NodeIO(dataset, kind, digest(dataset, algorithm) if has_digest else None)
    return replace(one, **changes)


def a_node(name: str, inputs: list[NodeIO], outputs: list[NodeIO]) -> NodeFacts:
    """Give a node."""
    return NodeFacts(name, 0.5, tuple(inputs), tuple(outputs))


def a_record(**changes: Any) -> Record:
    """Give the record of a run: a table and a file in, a table, a model, metrics and more out.

    Args:
        changes: Sections that take the place of the usual ones.
    """
    samples, features = crossing("samples"), crossing("features")
    rows = crossing("rows", "frame", "frame2")
    model = crossing("model", "model", "model2")
    scores = crossing("metrics", "value", "model2")
    record = Record(
        run=RunFacts(
            run_id=RUN,
            status="FINISHED",
            started_at="2026-11-24T10:00:00.000Z",
            finished_at="2026-11-24T10:00:12.500Z",
            duration_s=12.5,
            kedro_env="local",
            pipelines=("__default__",),
            command=("kedro", "run"),
            options={},
            config={},
        ),
        code=CodeFacts(
            commit=COMMIT,
            remote=None,
            prefix="",
            diff=None,
            untracked=(),
            files={"src/winery/rows.py": sha("rows")},
            tree=tree_digest({"src/winery/rows.py": sha("rows")}),
        ),
        configuration=ConfigurationFacts(
            source="conf",
            environments=("base", "local"),
            files=(a_content("base/catalog.yml", "samples: 1\n"),),
            digest=tree_digest({"base/catalog.yml": sha("samples: 1\n")}),
        ),
        parameters=ParameterFacts(
            values={"train": {"trees": 100, "rate": 0.5}, "seed": 1},
            sources={"train.trees": "parameters.yml", "train.rate": "p.yml", "seed": "p.yml"},
        ),
        inputs=InputFacts(
            tables=(a_table_read(), a_table_read("features", version=1, is_own=True)),
            files=(FileFacts("labels", "data/labels.csv", sha("labels"), 9),),
            values=(ValueFacts("prices", "SQLTableDataset", digest("prices", "frame2")),),
        ),
        outputs=OutputFacts(
            tables=(a_table_written(),),
            files=(
                FileFacts("model", "data/model.skops", sha("model"), 9),
                FileFacts("metrics", "data/metrics.json", sha("metrics"), 9),
                FileFacts("picture", "data/picture.png", sha("picture"), 9),
            ),
        ),
        nodes=(
            a_node("build", [samples, crossing("labels", "frame", "frame2")], [features]),
            a_node("select", [features, crossing("params:train", "value", "model2")], [rows]),
            a_node("fit", [rows], [model]),
            a_node("score", [model, rows], [scores, crossing("picture", "picture")]),
        ),
        models=(
            ModelFacts("model", digest("model", "model2"), digest("predicted", "frame2"), 178),
        ),
        metrics={"accuracy": a_metric(0.75)},
        environment=EnvironmentFacts(
            implementation="CPython",
            python="3.11.9",
            build="GCC 12",
            distributions=(Distribution("numpy", "2.4.6"), Distribution("winery", "1", "project")),
            locks={"requirements/run.txt": digest("lock", "sha256")},
        ),
        compute=ComputeFacts(
            engine="embedded",
            engine_configuration={},
            recipe="set at start",
            threads={"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
            libraries=(Library("blas", "openblas", "0.3.30", "Haswell", 1),),
            cpu="A CPU",
            machine="x86_64",
            cores=2,
            memory_gib=8,
            os="Linux 6.1",
        ),
        is_watched=True,
    )
    return replace(record, **changes)


def a_rerun(record: Record | None = None, **changes: Any) -> Record:
    """Give the record of a re-run that went as it should."""
    record = record or a_record()
    run = replace(record.run, run_id=RERUN, reproduces=record.run.run_id)
    return replace(record, run=run, **changes)


def with_content(record: Record, dataset: str, content: str | None) -> Record:
    """Let a dataset hold another content, wherever a record tells of it; `None` has no digest."""

    def other(one: Any) -> Any:
        if one.dataset != dataset:
            return one
        return replace(one, digest=content and digest(content, one.digest.partition(":")[0]))

    nodes = tuple(
        replace(
            node, inputs=tuple(map(other, node.inputs)), outputs=tuple(map(other, node.outputs))
        )
        for node in record.nodes
    )
    inputs = replace(
        record.inputs,
        tables=tuple(map(other, record.inputs.tables)),
        values=tuple(map(other, record.inputs.values)),
    )
    outputs = replace(record.outputs, tables=tuple(map(other, record.outputs.tables)))
    models = tuple(map(other, record.models))
    return replace(record, nodes=nodes, inputs=inputs, outputs=outputs, models=models)


def without(record: Record, dataset: str) -> Record:
    """Let no node hand over a dataset any more."""

    def others(found: Any) -> Any:
        return tuple(one for one in found if one.dataset != dataset)

    outputs = replace(
        record.outputs, tables=others(record.outputs.tables), files=others(record.outputs.files)
    )
    nodes = tuple(replace(node, outputs=others(node.outputs)) for node in record.nodes)
    return replace(record, nodes=nodes, outputs=outputs, models=others(record.models))
