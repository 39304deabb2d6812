"""The part of the page for whoever does not take its word: what to type, and how to read it."""

from lakeproof.record.facts import Record
from lakeproof.report.blocks import Commands, Section, Sentences, facts, filled
from lakeproof.spelling import typed


def check(run_id: str, record: Record | None, seal: str | None) -> Section:
    """List the commands that show the same, to be typed in the project's folder."""
    short = run_id[:8]
    commands = [
        ("run it again and compare", f"kedro reproduce {short}"),
        ("can it still be had again? (runs nothing)", f"kedro check {short}"),
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
    return Section(
        "How to check it again",
        (Commands(tuple(commands)),),
        "In the folder of the project, which has its repository, its MLflow store and its tables. "
        "A re-run changes none of them: it works on copies and links in a folder of its own. A "
        "record that was changed after it was written no longer fits its digest and is refused.",
    )


def how_to_read() -> Section:
    """Explain the words that the page uses."""
    return Section(
        "How to read this page",
        filled(
            facts(
                {
                    "REPEATED": "every result is the same, bit for bit, on the same machine, "
                    "libraries and engine",
                    "REPRODUCED": "every result is the same, bit for bit, although one of these is "
                    "another",
                    "DIVERGED": "a result differs",
                    "INCONCLUSIVE": "something is missing, or is another: nothing is proved",
                    "rs1:…": "digest of a table's rows and types",
                    "frame2:…": "digest of rows in order, as one step handed them to the next",
                    "model2:…": "digest of what a model has learned, or of another value",
                    "frame1:…, model1:…": "the same, as older versions of Lakeproof reckoned them",
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
        ),
    )


def _tables(record: Record) -> tuple[str, ...]:
    read = (table.dataset for table in record.inputs.tables)
    written = (table.dataset for table in record.outputs.tables)
    return tuple(dict.fromkeys([*read, *written]))
