"""Put together, from a look at files, what `globals.yml` would say of them."""

import re
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import polars as pl

from lakeproof.deliveries.delivery import Delivery
from lakeproof.deliveries.delivery_errors import DeliveryError
from lakeproof.deliveries.dialect import Dialect
from lakeproof.deliveries.formats import parse, reader_of
from lakeproof.deliveries.look.guessed_columns import Guessed, guess_column, table_names
from lakeproof.deliveries.look.guessed_dialect import ONE_BYTE, guess
from lakeproof.deliveries.rows.layout import Layout
from lakeproof.deliveries.schema import Column, Schema

# So many rows of each file are looked at; all of them are read once what is declared is known.
_ROWS = 200_000
_KEY_TYPES = ("string", "long", "date", "timestamp")
_LIKE_KEYS = re.compile(
    r"(?i:(^|[_ ])(id|key|no|nr|number|code|uuid|name)$|^(id|key))|(ID|[a-z]Id)$"
)
_FEW_CLASSES = 20
_COLUMNS_IN_KEYS = 8


@dataclass(frozen=True)
class Proposal:
    """What could be declared.

    Args:
        schema: By column, as in the catalog.
        key: The column that tells rows apart.
        target: What could be predicted.
        task: `classification` or `regression`.
        csv: What text means.
        no_features: Columns of which a model learns nothing: a text of its own in nearly each row,
            or one value in all of them.
        rows: How many there are, read by it.
        remarks: What a person should look at, in sentences.
        columns: Those of a table that is there already, of which no schema is declared.
    """

    schema: dict[str, dict[str, Any]]
    key: str | list[str]
    target: str
    task: str
    csv: dict[str, Any]
    no_features: list[str]
    rows: int
    remarks: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()


def propose(
    files: list[Delivery], key: list[str] | None = None, target: str | None = None
) -> Proposal:
    """Look at files, propose what to declare, and read them by it.

    Args:
        files: Of one kind; their schema and dialect count for nothing.
        key: The names of the key's columns in the table, where they are known.
        target: The name of the target, where it is known.

    Raises:
        DeliveryError: A file cannot be read, or there is no such column.
    """
    dialect = guess(files[0])
    frames = [_as_they_are(replace(one, dialect=dialect)) for one in files]
    headers = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    guessed = {header: _guess(header, frames) for header in headers}
    dialect = _with_common(dialect, list(guessed.values()))
    names = dict(zip(headers, table_names(headers), strict=True))
    schema = {names[header]: _entry(names[header], one) for header, one in guessed.items()}
    remarks = [
        f"{names[header]}: {remark}" for header, one in guessed.items() for remark in one.remarks
    ]
    whole = pl.concat([frame.rename(names) for frame in frames], how="diagonal_relaxed")
    if dialect.encoding in ONE_BYTE:
        remarks.insert(
            0,
            f"csv: no file is UTF-8; that its letters are {dialect.encoding} is a guess, look at "
            "those beyond A to Z",
        )
    proposal = replace(aimed(schema, whole, key, target, remarks), csv=dialect.differing())
    return replace(proposal, rows=_read(files, proposal))


def aimed(
    schema: dict[str, dict[str, Any]],
    whole: pl.DataFrame,
    key: list[str] | None,
    target: str | None,
    remarks: list[str],
) -> Proposal:
    """Propose what tells rows apart, what is predicted, and which columns say nothing of it.

    Args:
        schema: The columns, as in the catalog.
        whole: Their values.
        key: The names of the key's columns, where they are known.
        target: The name of the target, where it is known.
        remarks: What was noticed before; what is guessed comes to it.

    Raises:
        DeliveryError: There is no such column.
    """
    aim = _known([target], schema)[0] if target else None
    chosen = _known(key, schema) if key else _key(schema, whole, remarks, aim)
    if not chosen:
        schema = {"row_key": {"type": "string", "from": "content"}, **schema}
        chosen = ["row_key"]
    for name in chosen:
        schema[name] = {k: v for k, v in schema[name].items() if k != "nullable"}
    aim = aim or _target(schema, chosen, remarks)
    return Proposal(
        schema,
        chosen[0] if len(chosen) == 1 else chosen,
        aim,
        _task(schema[aim]["type"], whole[aim] if aim in whole.columns else None),
        {},
        [n for n in schema if n not in (*chosen, aim) and _says_nothing(whole[n], schema[n])],
        0,
        remarks,
    )


def _as_they_are(delivery: Delivery) -> pl.DataFrame:
    """Read the first rows of a file, every column as it stands there."""
    reader = reader_of(delivery.name)
    header = reader.header(delivery)
    columns = tuple(Column(name, "string", name, is_nullable=True) for name in header.names)
    found: list[pl.DataFrame] = []
    # Text for the one reader that would convert what has a type.
    with reader.opened(delivery, Layout(header, columns, "", ())) as source:
        try:
            for frame in source.frames():
                found.append(frame)
                if sum(one.height for one in found) > _ROWS:
                    break
        except reader.faults as error:
            wide = Schema(columns, ())
            whole = replace(delivery, schema=wide)
            raise reader.explain(whole, Layout(header, columns, "", ()), error) from error
    if not found:
        raise DeliveryError(f"{delivery.path} has no rows to look at. Nothing was written.")
    return pl.concat(found)


def _guess(header: str, frames: list[pl.DataFrame]) -> Guessed:
    having = [frame[header] for frame in frames if header in frame.columns]
    values = pl.concat([one.to_frame() for one in having], how="vertical_relaxed").to_series()
    return replace(guess_column(header, values), is_optional=len(having) < len(frames))


def _with_common(dialect: Dialect, columns: list[Guessed]) -> Dialect:
    """Say once for all columns what is true of all that it matters to."""
    numbers = [one for one in columns if one.kind == "double"]
    marks = {one.own.get("decimal", ".") for one in numbers}
    if marks == {","}:
        dialect = replace(dialect, decimal=",")
        for one in numbers:
            del one.own["decimal"]
    markers = dict.fromkeys(marker for one in columns for marker in one.markers)
    return replace(dialect, null_values=tuple(markers))


def _entry(name: str, guessed: Guessed) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": guessed.kind}
    if name != guessed.header:
        entry["header"] = guessed.header
    entry.update(guessed.own)
    if guessed.is_optional:
        entry["optional"] = True
    elif guessed.is_nullable:
        entry["nullable"] = True
    return entry


def _known(names: list[str], schema: dict[str, Any]) -> list[str]:
    headers = {one.get("header", name): name for name, one in schema.items()}
    for name in names:
        if name not in schema and name not in headers:
            raise DeliveryError(
                f"There is no column '{name}'; there are {', '.join(schema)}. Nothing was "
                "written. Name one of them."
            )
    return [name if name in schema else headers[name] for name in names]


def _key(
    schema: dict[str, Any], rows: pl.DataFrame, remarks: list[str], but: str | None
) -> list[str]:
    """Find what tells rows apart: a column like a key, the first one, or two together."""
    usable = [
        name
        for name, one in schema.items()
        if name != but and one["type"] in _KEY_TYPES and not {"nullable", "optional"} & one.keys()
    ][:_COLUMNS_IN_KEYS]
    like = [name for name in usable if _LIKE_KEYS.search(name)]
    first = [name for name in usable[:1] if schema[name]["type"] == "string"]
    for name in dict.fromkeys([*like, *first]):
        if rows[name].n_unique() == rows.height:
            return [name]
    for pair in combinations(usable, 2):
        if set(pair) & set(like) and rows.select(pair).n_unique() == rows.height:
            remarks.append(f"key: {' and '.join(pair)} together tell all rows apart")
            return list(pair)
    remarks.append("key: no column tells all rows apart; it is made of what a row holds")
    return []


def _target(schema: dict[str, Any], key: list[str], remarks: list[str]) -> str:
    name = next((name for name in reversed(schema) if name not in key), key[0])
    remarks.append(f"target: {name} is a guess, the last column; say another with --target")
    return name


def _says_nothing(values: pl.Series, entry: dict[str, Any]) -> bool:
    different = values.n_unique()
    is_text = entry["type"] == "string"
    return different < 2 or (is_text and different > max(_FEW_CLASSES, values.len() // 2))


def _task(kind: str, values: pl.Series | None) -> str:
    is_few = values is not None and values.n_unique() <= _FEW_CLASSES
    return (
        "classification"
        if kind in ("string", "boolean") or (kind == "long" and is_few)
        else "regression"
    )


def _read(files: list[Delivery], proposal: Proposal) -> int:
    """Read all rows by what is proposed.

    Raises:
        DeliveryError: A row further down is not as those that were looked at.
    """
    schema = Schema.from_config(proposal.schema, proposal.key)
    dialect = Dialect.from_config(proposal.csv)
    return sum(
        int(
            parse(replace(one, schema=schema, dialect=dialect))
            .select(pl.len())
            .collect(engine="streaming")
            .item()
        )
        for one in files
    )
