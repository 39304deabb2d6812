"""Have a table take all deliveries again, in a commit that changes no row.

The next delivery replaces what the table holds, columns and all; versions before stay as they are,
so that earlier runs can still be reproduced. Nothing is read from files here.
"""

from dataclasses import replace

from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.transactions import beginning_transaction, taken_deliveries
from lakeproof.delta.read.versions import facts_of
from lakeproof.delta.write.engine import SaveArgs, Write, Written, note_of
from lakeproof.delta.write.lock import write_lock
from lakeproof.delta.write.own_commits import mark, noted
from lakeproof.errors import TableError
from lakeproof.versioned.location import Location
from lakeproof.versioned.run_tables import RunTables

NODE = "kedro deliveries anew"


def begin_anew(location: Location, git_commit: str | None) -> tuple[Written, int]:
    """Commit that nothing counts as taken any more.

    Args:
        location: The table that took deliveries.
        git_commit: The commit that is checked out.

    Returns:
        What was written, and how many deliveries the table had taken.

    Raises:
        TableError: If it has taken none.
    """
    name = location.name
    with write_lock(name, location.uri):
        current = open_table(location)
        taken = taken_deliveries(current)
        if not taken.latest:
            raise TableError(
                f"Table '{name}' has taken no delivery"
                f"{' since it began anew' if taken.beginning else ''}: the next run takes all that "
                "are there. The table is as it was. Take them: kedro run"
            )
        write = Write(
            location,
            current,
            SaveArgs(mode="append"),
            (),
            replace(note_of(RunTables(git_commit=git_commit), name), node=NODE),
            beginning_transaction(taken.beginning + 1),
        )
        facts = facts_of(current)
        note = noted(write, current.rows(), facts)
        return mark(write, note, current, 0, facts), len(taken.latest)
