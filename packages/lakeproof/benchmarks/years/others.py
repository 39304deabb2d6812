"""What others do with the tables, by their own hand: they ask nobody."""

from typing import Any

import deltalake
import polars as pl

from years.world import World


def measure(world: World, night: int) -> None:
    """Write `sensors`, which promises nothing, as a third party does."""
    rows = pl.DataFrame({"sensor": [f"s{one}" for one in range(20)], "x": [night * 1.5] * 20})
    # Maintenance once a month: an engine's own clock takes each night for longer ago than it is.
    later = deltalake.PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
    deltalake.write_deltalake(
        *(str(world.tables["sensors"]), rows.to_arrow()),
        mode="append" if night % 5 else "overwrite",
        post_commithook_properties=later,
    )


def maintain(world: World, spark: Any) -> None:
    """Vacuum all tables as their properties say, and clean up the log of `sensors`.

    Args:
        world: All of it.
        spark: A session of Spark's; `None` for delta-rs.
    """
    for place in world.tables.values():
        if spark is not None:
            spark.sql(f"VACUUM delta.`{place}`")
        else:
            deltalake.DeltaTable(str(place)).vacuum(dry_run=False)
    theirs = deltalake.DeltaTable(str(world.tables["sensors"]))
    theirs.create_checkpoint()
    theirs.cleanup_metadata()
