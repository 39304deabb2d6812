"""Every place that Lakeproof writes rows to: how each is searched for a key, and what erases there.

Whoever writes rows somewhere else adds a line here, and sees to both; a test holds the modules that
write files of rows against it. What lies in `.lakeproof` and is not named here is looked through
like any file.
"""

from dataclasses import dataclass
from typing import Literal

# `tables`: version by version. `deliveries`: as their folder declares them. `files`: as rows where
# it is a file of rows, as text where it is text; what is neither is named. `not`: it is said.
Searched = Literal["tables", "deliveries", "files", "not"]
Root = Literal["state", "table", "beside", "store", "machine", "mlflow", "catalog"]


@dataclass(frozen=True)
class Place:
    """A place with rows.

    Args:
        name: Below its root: a folder, a file, or a pattern of them.
        root: `state` is `.lakeproof`, `table` the folder of a table, `beside` the one around it,
            `store` that of a table in a store, `machine` the folder of temporary files.
        holds: What is there.
        searched: How.
        erased: What takes the rows away, or whose that is.
        by: The modules that write it.
    """

    name: str
    root: Root
    holds: str
    searched: Searched
    erased: str
    by: tuple[str, ...]


HELD, ENVIRONMENTS, EXPLAIN = "held", "environments", "explain"
STAGED = ".{table}.staged.arrow"
# What stands before the number of a folder beside a table (`delta.write.temporary_folders`).
UNDERWAY = ".{table}.*-*"

PLACES = (
    Place(
        *("raw", "state", "raw files that runs read, by content", "deliveries"),
        "written anew; the runs that need them need what is left",
        ("deliveries.raw_store", "commands.erasure.rewrite_files", "erasure.anew.rewrite_delivery"),
    ),
    Place(
        *(HELD, "state", "held copies of versions", "tables"),
        "written anew, or given up with their leases",
        ("delta.write.scratch_copy", "erasure.anew.rewrite_versions", "leases.clean_log"),
    ),
    Place(
        *(EXPLAIN, "state", "what the mixes of an explanation predicted", "files"),
        "removed: the next explanation predicts anew what it can",
        ("explain.mixes.running.predictions",),
    ),
    Place(
        *("scratch", "state", "the tables of re-runs", "files"),
        "removed where a killed command left it; kept ones are named",
        (
            *("delta.write.scratch_copy", "explain.mixes.running.common_rows"),
            "reproduce.code.safe_writes",
        ),
    ),
    Place(
        *(ENVIRONMENTS, "state", "packages, and no row", "not"),
        "nothing is to be erased",
        (),
    ),
    Place(
        *("unsent", "state", "records on their way, which may name values", "files"),
        "named",
        ("record.mlflow_store.unsent",),
    ),
    Place(
        *("*.parquet", "table", "the rows of all versions", "tables"),
        "removed, but for what somebody else needs",
        (
            *("delta.embedded.embedded_engine", "delta.spark.spark_engine"),
            *("delta.write.own_commits", "delta.write.prepared_commit"),
        ),
    ),
    Place(
        *("_lakeproof/facts.json", "table", "sums of columns", "not"),
        "removed, if they are of a version before",
        (),
    ),
    Place(
        *("_lakeproof/deliveries", "store", "deliveries that the table took, by content", "files"),
        "written anew like the kept ones; named where they cannot be",
        ("stores.files",),
    ),
    Place(
        *("_lakeproof_held", "beside", "versions held beside a table in a store", "tables"),
        "removed: what is left is held on this machine",
        ("leases.stored_copies", "stores.files"),
    ),
    Place(
        *(STAGED, "beside", "rows on their way, left by a killed run", "files"),
        "removed",
        ("delta.embedded.staging",),
    ),
    Place(
        *(UNDERWAY, "beside", "commits on their way, left by a killed run", "files"),
        "removed",
        ("delta.spark.spark_staging", "delta.write.prepared_commit"),
    ),
    Place(
        *("lakeproof-*", "machine", "rows that are compared or digested, until a command ends"),
        *("not", "whoever looks after the machine's temporary files"),
        ("delta.embedded.staging", "record.node_io.spark_rows"),
    ),
    Place(
        *("artifacts", "mlflow", "models, input examples, files of runs", "files"),
        "named: they are the user's",
        ("model.mlflow_model", "reproduce.store_own", "reproduce.store_rerun"),
    ),
    Place(
        *("entries of other types", "catalog", "what the user's nodes save", "files"),
        "named: they are the user's",
        ("versioned.version_file", "versioned.version_folder"),
    ),
)

# Modules that write or copy files, but none of rows.
WITHOUT_ROWS = {
    "frames.batches": "nothing: a sink that hands batches on",
    "leases.copy_proof": "digests of a copy's versions",
    "record.code.git_diff": "an index of git",
    "record.setup.maker": "a random id",
    "spark.jars": "libraries",
    "stores.conditional_writes": "an empty object that probes a store",
    "vouching.codes": "a key of this user's",
}
