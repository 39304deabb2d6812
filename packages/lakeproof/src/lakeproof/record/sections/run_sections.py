"""Which run it was, what its nodes did, what it measured, and what it cannot promise."""

import shlex

from lakeproof.record.facts import Metric, Record
from lakeproof.views.blocks import (
    Pictures,
    Section,
    Sentences,
    Style,
    code,
    facts,
    section,
    table,
)
from lakeproof.views.values import moment


def run(record: Record) -> Section:
    """Say which run it was and how it was asked for."""
    found = record.run
    return section(
        "Run",
        facts(
            {
                "id": code(found.run_id),
                "status": found.status,
                "re-run of": code(found.reproduces),
                "failed at node": found.failed_node,
                "error": code(found.error),
                "started": moment(found.started_at),
                "duration": f"{found.duration_s:.1f} s",
                "Kedro environment": found.kedro_env,
                "pipelines": ", ".join(found.pipelines),
                "command": code(found.command and shlex.join(found.command)),
                "recorded by": record.lakeproof and f"Lakeproof {record.lakeproof}",
            }
        ),
    )


def metrics(record: Record, rerun: Record | None, pictures: Pictures) -> Section:
    """Show metrics, to the bit or beside those of the re-run, and pictures."""
    if rerun is None:
        columns: dict[str, Style] = {"metric": "text", "value": "number", "bits": "code"}
        rows = [[name, one.value, one.bits] for name, one in sorted(record.metrics.items())]
    else:
        columns = {"metric": "text", "recorded": "number", "re-run": "number"}
        rows = [
            [name, _number(record.metrics.get(name)), _number(rerun.metrics.get(name))]
            for name in sorted(record.metrics.keys() | rerun.metrics.keys())
        ]
    return section("Metrics", table(columns, rows), pictures)


def nodes(record: Record) -> Section:
    """List the nodes in the order in which they ended."""
    columns: dict[str, Style] = {
        "node": "text",
        "seconds": "number",
        "inputs": "text",
        "outputs": "text",
    }
    rows = (
        [
            node.name,
            f"{node.duration_s:.2f}",
            ", ".join(one.dataset for one in node.inputs),
            ", ".join(one.dataset for one in node.outputs),
        ]
        for node in record.nodes
    )
    return section("Nodes", table(columns, rows))


def not_controlled(record: Record) -> Section:
    """Say what the nodes reached for beside their inputs, or that nobody looked."""
    columns: dict[str, Style] = {
        "not controlled": "text",
        "node": "text",
        "content": "code",
        "note": "text",
    }
    rows = (
        [f"{one.kind} {one.name}", node.name, one.digest, one.note]
        for node in record.nodes
        for one in node.not_controlled
    )
    is_unknown = bool(record.nodes) and not record.is_watched
    unknown = ("Not looked for while this run went on.",) if is_unknown else ()
    return section(
        "Not controlled: what nodes reached for beside their inputs",
        table(columns, rows),
        Sentences(unknown),
        note="Seen in Python and in the readers of Polars, pandas, pyarrow and Spark. Other native "
        "code, clocks and random devices are not seen.",
    )


def models(record: Record) -> Section:
    """List the fitted models by what they learned and what they predict."""
    columns: dict[str, Style] = {
        "model": "text",
        "content": "code",
        "predictions": "code",
        "note": "text",
    }
    rows = ([one.dataset, one.digest, one.predictions, one.note] for one in record.models)
    return section("Models", table(columns, rows))


def logged(record: Record) -> Section:
    """List what nodes gave to MLflow by themselves."""
    columns: dict[str, Style] = {
        "logged by a node": "text",
        "kind": "text",
        "content": "code",
        "note": "text",
    }
    rows = (
        [one.name, one.kind, one.digest, one.shown if one.counts else "does not count"]
        for one in record.logged or ()
    )
    return section("Logged to MLflow by nodes", table(columns, rows))


def not_counted(record: Record) -> Section:
    """List what has no say when the run is compared, and why."""
    named = [[name, "its catalog entry says compare: false"] for name in record.not_compared]
    noted = [
        [crossing.dataset, crossing.note or "pictures are listed and do not count"]
        for node in record.nodes
        for crossing in node.outputs
        if crossing.note or crossing.kind == "picture"
    ]
    fitted = [[one.dataset, one.note] for one in record.models if one.note]
    rows = dict.fromkeys(map(tuple, [*named, *noted, *fitted]))
    columns: dict[str, Style] = {"not counted in a comparison": "text", "why": "text"}
    return section("Not counted in a comparison", table(columns, rows))


def problems(record: Record) -> Section:
    """Say what the run itself did that no re-run can repeat."""
    return section("Why it cannot be reproduced", Sentences(record.problems))


def _number(metric: Metric | None) -> float | str | None:
    """Give the number; its bits where decimal digits have no word for it."""
    if metric is None:
        return None
    return f"bits {metric.bits}" if metric.value is None else metric.value
