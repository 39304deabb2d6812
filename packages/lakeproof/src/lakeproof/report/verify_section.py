"""The part of the page for whoever does not take its word: what to type, and how to read it."""

from lakeproof.record.facts import Record
from lakeproof.spelling import typed
from lakeproof.views.blocks import Commands, Section, Sentences, facts, section


def check(run_id: str, record: Record | None, seal: str | None) -> Section:
    """List the commands that show the same, to be typed in the project's folder."""
    short = run_id[:8]
    commands = [
        ("re-run it and compare", f"kedro reproduce {short}"),
        ("can it still be reproduced? (runs nothing)", f"kedro check {short}"),
        ("its record, all of it", f"kedro show {short} --json"),
    ]
    if seal is not None:
        commands += [
            (
                "the record as a file",
                f"mlflow artifacts download --run-id {run_id} --artifact-path lakeproof/record.json"
                " --dst-path .",
            ),
            (f"must print {seal.partition(':')[2]}", "sha256sum record.json"),
        ]
    if record is not None and record.code.commit is not None:
        commands.append(("the code", f"git show --stat {record.code.commit}"))
    commands += [
        ("versions of a table, and who wrote each", typed("kedro history", name))
        for name in (_tables(record) if record is not None else ())
    ]
    return section(
        "How to check it yourself",
        Commands(tuple(commands)),
        note="In the folder of the project, which has its repository, its MLflow store and its "
        "tables. A re-run changes none of them: it works on copies and links in a folder of its "
        "own. A record that was changed after it was written no longer fits its digest and is "
        "refused.",
    )


def how_to_read() -> Section:
    """Explain the words that the page uses."""
    return section(
        "How to read this page",
        facts(
            {
                "artifact": "what a run made: a table's version, a model, a file, a metric, or "
                "what one node handed to the next",
                "node": "one step of the run",
                "factor": "an input of the run that may decide its artifacts: data, code, a "
                "parameter, a library, the processor",
                "REPEATED": "every artifact is the same, bit for bit, on the same machine, "
                "libraries and engine",
                "REPRODUCED": "every artifact is the same, bit for bit, although one of these is "
                "another",
                "DIVERGED": "an artifact differs",
                "INCONCLUSIVE": "something is missing, or is another: nothing is proved",
                "rs1:…": "digest of a table's rows and types",
                "frame2:…": "digest of rows in order, as one node handed them to the next",
                "model2:…": "digest of what a model has learned, or of another value",
                "frame1:…, model1:…": "the same, as older versions of Lakeproof computed them",
                "sha256:…": "digest of the bytes of a file",
            }
        ),
        Sentences(
            (
                "Another processor family or numeric library may give other last bits for the "
                "same code and data. The page then says DIVERGED and names what was another.",
                "Digests of tables find changes; they do not stand against somebody who forges "
                "rows on purpose.",
            )
        ),
    )


def _tables(record: Record) -> tuple[str, ...]:
    read = (table.dataset for table in record.inputs.tables)
    written = (table.dataset for table in record.outputs.tables)
    return tuple(dict.fromkeys([*read, *written]))
