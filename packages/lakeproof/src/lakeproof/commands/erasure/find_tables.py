"""Tables and held copies with rows of keys: the named table, and those that were made of it.

Another table may call a column the same and mean other things. So a table is in scope if records
of runs say that nodes made it of the named one, or its log that it took the same deliveries; and
its key has the same type. All others with such rows are candidates: told, and left as they are
unless somebody names them (`--also`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakeproof.commands.erasure.found import Candidate, Found, FoundTable
from lakeproof.commands.erasure.in_stores import copies_in_stores
from lakeproof.delta import DeltaTable
from lakeproof.delta.log.opening import open_table
from lakeproof.delta.log.transactions import taken_deliveries
from lakeproof.delta.read.scan import scan
from lakeproof.erasure.found_versions import FoundVersions, find_versions
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.lineage import Lineage, lineage_of, same_kind
from lakeproof.errors import LakeproofError
from lakeproof.leases.held import every_copy
from lakeproof.leases.store import LeaseStore
from lakeproof.record.facts import Record
from lakeproof.versioned.location import Location

if TYPE_CHECKING:
    import polars as pl

    from lakeproof.commands.catalog import ProjectCatalog
    from lakeproof.commands.project import RunProject


@dataclass
class Scope:
    """What is erased from, and what is only told.

    Args:
        name: The table whose keys they are.
        keys: The keys.
        schema: Of the table's newest version.
        also: Names of entries that somebody has included.
        lineage: What was made of the table.
        tables: The tables of the catalog, and those that its patterns have made in recorded runs.
        taken: The digests of the deliveries that each table of the catalog has taken.
        names: The tables of the catalog that are in scope.
        others: Table ids of those that are not.
    """

    name: str
    keys: Keys
    schema: "pl.Schema"
    also: Collection[str]
    lineage: Lineage
    tables: Sequence[str]
    taken: Mapping[str, frozenset[str]]
    names: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def why_not(self, name: str, table_id: str, schema: "pl.Schema") -> str | None:
        """Say why rows of a table with such a key may be other things; `None` in scope."""
        if name == self.name or name in self.also:
            return None
        took = self.taken.get(name, frozenset())
        if table_id not in self.lineage.tables and not took & self.taken[self.name]:
            return f"nothing says that it was made of '{self.name}'"
        return self.other_type(schema)

    def other_type(self, schema: "pl.Schema") -> str | None:
        """Say which column of the key is of another type there; `None` where none is."""
        for one in self.keys.columns:
            if one in schema and not same_kind(schema[one], self.schema[one]):
                return f"its '{one}' is {schema[one]}, that of '{self.name}' {self.schema[one]}"
        return None

    def why_not_files(self, name: str, contents: Collection[str]) -> str | None:
        """Say why raw files with such a key may be of other things; `None` in scope.

        Args:
            name: Of the folder in the catalog.
            contents: The digests of its files.
        """
        if name in self.also:
            return None
        takers = {table for table, taken in self.taken.items() if taken & set(contents)}
        if takers & self.names or (not takers and name in self.lineage.sources):
            return None
        return f"nothing says that '{self.name}' was made of it"


def scope_of(
    table: DeltaTable,
    keys: Keys,
    catalog: "ProjectCatalog",
    records: Sequence[Record],
    also: Collection[str],
) -> Scope:
    """Gather what tells whose rows are meant.

    Args:
        table: The one that was named.
        keys: The keys.
        catalog: Which names the others.
        records: Of the project's runs.
        also: Names of entries that somebody has included.

    Raises:
        LakeproofError: If the catalog has no such entry.
    """
    for one in also:
        if one not in catalog.entries:
            catalog.table(one)  # which says what is there
    opened = table.open()
    place = catalog.relative(table.location.absolute_uri)
    lineage = lineage_of(records, opened.table_id, place)
    taken = {table.location.name: frozenset(taken_deliveries(opened).names)}
    tables = list(dict.fromkeys([*catalog.table_names(), *_by_pattern(catalog, records)]))
    for name in tables:
        try:
            other = catalog.table(name)
            if name not in taken and isinstance(other, DeltaTable) and other.is_there():
                taken[name] = frozenset(taken_deliveries(other.open()).names)
        except LakeproofError:
            continue  # which is said where its rows are looked for
    return Scope(
        table.location.name, keys, scan(opened).collect_schema(), also, lineage, tables, taken
    )


def _by_pattern(catalog: "ProjectCatalog", records: Iterable[Record]) -> Iterator[str]:
    """Yield the tables of recorded runs that no entry of the catalog names, but a pattern makes."""
    for record in records:
        names = [one.dataset for one in record.inputs.tables]
        names += [one.dataset for one in record.outputs.tables]
        for name in names:
            if name not in catalog.entries and catalog.pattern_of(name) is not None:
                yield name


def find_in_tables(found: Found, catalog: "ProjectCatalog", scope: Scope) -> None:
    """Look through the table and all others that have its key's columns."""
    for name in dict.fromkeys([scope.name, *scope.tables]):
        try:
            table = catalog.table(name)
            if not isinstance(table, DeltaTable):
                raise ErasureError(f"it is a {type(table).__name__}")
            if name != scope.name and not table.is_there():
                continue
            opened = table.open()
            schema = scan(opened).collect_schema()
            why_not = scope.why_not(name, opened.table_id, schema)
            if why_not is None:
                scope.names.add(name)
            else:
                scope.others.add(opened.table_id)
            keys = scope.keys if name == scope.name else scope.keys.that_fit(schema)
            if keys is None:
                if absent := [one for one in scope.keys.columns if one not in schema]:
                    raise ErasureError(f"it has no column '{absent[0]}'")
                continue  # of its type, none of the keys can be there
            versions = find_versions(table.location, keys)
        except LakeproofError as error:
            if name == scope.name:
                raise
            found.not_searched[name] = error.message
            continue
        place = catalog.relative(table.location.absolute_uri)
        if why_not is not None:
            _tell(found, Candidate(name, "table", place, why_not), versions)
        elif not versions.is_clear:
            found.tables.append(FoundTable(name, place, opened.table_id, versions))


def find_in_copies(
    found: Found, project: "RunProject", catalog: "ProjectCatalog", scope: Scope
) -> None:
    """Look through the held copies, each a table of its own: its table may be without the rows.

    One that no run leases is left over, and in scope by its columns alone.
    """
    leases = list(LeaseStore(project.path).own())
    names = {one.table_id: one.table for one in leases}
    names |= {one.table_id: one.table for one in found.tables}
    in_scope = {one.table_id for one in found.tables} | scope.lineage.tables
    in_scope |= {one.table_id for one in leases if one.table == scope.name}
    copies = [
        *((one, Location(one, str(place)), only) for one, place, only in every_copy(project.path)),
        *copies_in_stores(project),
    ]
    for table_id, place, only in copies:
        path = catalog.relative(place.uri)
        name = names.get(table_id, table_id)
        location = replace(place, name=name)
        try:
            is_ours = table_id in in_scope - scope.others
            why_not = None if is_ours else f"it is held of '{name}'"
            if not is_ours and table_id not in names and table_id not in scope.others:
                schema = scan(open_table(location)).collect_schema()
                why_not = scope.other_type(schema)
            versions = find_versions(location, scope.keys, only)
            if versions.newest < 0 and not only:
                raise ErasureError("it is no table")
        except LakeproofError as error:
            found.not_searched[path] = error.message
            continue
        if why_not is not None:
            _tell(found, Candidate(name, "copy", path, why_not), versions)
        elif not versions.is_clear:
            found.copies.append(FoundTable(name, path, table_id, versions))


def _tell(found: Found, candidate: Candidate, versions: FoundVersions) -> None:
    if versions.has_rows:
        found.candidates.append(candidate)
