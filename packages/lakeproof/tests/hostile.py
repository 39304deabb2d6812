"""Values and plans at which engines part ways, and pairs of values that may be taken for one."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

# Partitions of a shuffle, and whether Spark may change its plan while it runs.
PLANS = [(number, adaptive) for number in (1, 4, 50) for adaptive in ("true", "false")]
# The two furthest apart: all in one part, and many parts that stay as they are.
FURTHEST_PLANS = [PLANS[0], PLANS[-1]]
NAN, INF = float("nan"), float("inf")
LEAST, MOST = 5e-324, 1.7976931348623157e308
# Written out: Python's arithmetic would round to 28 digits.
NINES, MINUS_NINES = Decimal("9" * 38), Decimal("-" + "9" * 38)
CRUMB, MINUS_CRUMB = Decimal("0." + "0" * 37 + "1"), Decimal("-0." + "0" * 37 + "1")


def at(*numbers: int) -> dt.datetime:
    """Give a moment in UTC."""
    return dt.datetime(*numbers, tzinfo=dt.UTC)


_PAIR = pa.struct([("x", pa.float64()), ("s", pa.string()), ("d", pa.decimal128(38, 0))])
_VISIT = pa.struct([("when", pa.timestamp("us", tz="UTC")), ("many", pa.list_(pa.int64()))])

TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "flag": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "day": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
    "clock": pa.timestamp("us"),
    "price": pa.decimal128(10, 2),
    "whole": pa.decimal128(38, 0),
    "part": pa.decimal128(38, 38),
    "bytes": pa.binary(),
    "many": pa.list_(pa.float64()),
    "names": pa.list_(pa.string()),
    "pair": _PAIR,
    "deep": pa.list_(_VISIT),
    "pairs": pa.map_(pa.string(), pa.float64()),
}

VALUES: dict[str, list[Any]] = {
    "text": [
        *(
            "",
            "a,b",
            'say "so"',
            "line\nbreak\r\nand tab\t",
            "é",
            "e\u0301",
            "😀",
            "ß",
            " ",
            "NULL",
        ),
        *("\ufeff", "x" * 40, "x" * 31 + "😀" + "y" * 9, "\\", "\x00", "\U0010ffff" * 40),
    ],
    "flag": [True, False],
    "byte": [-(2**7), 2**7 - 1, 0],
    "short": [-(2**15), 2**15 - 1],
    "int": [-(2**31), 2**31 - 1],
    "long": [-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1],
    "real": [NAN, -0.0, 0.0, INF, -INF, 3.4028234663852886e38, 1.401298464324817e-45, 0.1],
    "double": [NAN, -0.0, 0.0, INF, -INF, MOST, -MOST, LEAST, -LEAST, 0.1, 0.1 + 0.2, 1e22, 1 / 3],
    "day": [
        *(dt.date(1, 1, 1), dt.date(1582, 10, 4), dt.date(1582, 10, 10), dt.date(1899, 12, 31)),
        *(dt.date(1969, 12, 31), dt.date(2000, 2, 29), dt.date(2262, 4, 12), dt.date(9999, 12, 31)),
    ],
    # Clocks change in Berlin at 01:00 UTC, and changed in New York on 18 November 1883.
    "moment": [
        *(at(1, 1, 1), at(1582, 10, 10, 12), at(1883, 11, 18, 17, 0, 0, 1)),
        *(at(1899, 12, 31, 23, 59, 59, 999999), at(1969, 12, 31, 23, 59, 59, 999999)),
        *(at(2026, 3, 29, 0, 59, 59, 999999), at(2026, 3, 29, 1), at(2026, 10, 25, 0, 30)),
        *(at(2026, 10, 25, 1, 30), at(2262, 4, 12), at(9999, 12, 31, 23, 59, 59, 999999)),
    ],
    # There is no 02:30 on that day of March in Berlin, and two of them on that day of October.
    "clock": [
        *(dt.datetime(1, 1, 1), dt.datetime(1582, 10, 10, 12), dt.datetime(2026, 3, 29, 2, 30)),
        *(dt.datetime(2026, 10, 25, 2, 30), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ],
    "price": [Decimal("-99999999.99"), Decimal("99999999.99"), Decimal("0.00"), Decimal("1.20")],
    "whole": [NINES, MINUS_NINES, Decimal(0)],
    "part": [Decimal("0." + "9" * 38), CRUMB, MINUS_CRUMB],
    "bytes": [b"", b"\x00", b"\xff\xfe", b"abc", b"\x00" * 40],
    "many": [[], [None], [NAN, -0.0, 0.0], [0.0], [-0.0], [LEAST, None]],
    "names": [[], ["", None, "a, b"], ["a", " b"], ["😀", "e\u0301"]],
    "pair": [
        {"x": -0.0, "s": "", "d": None},
        {"x": NAN, "s": None, "d": NINES},
        {"x": None, "s": None, "d": None},
    ],
    "deep": [[], [{"when": at(1900, 1, 1), "many": [2**63 - 1, None]}, None]],
    "pairs": [[], [("", -0.0), ("😀", NAN)], [("a", None)]],
}

# What stands there, and the correction that is nearest to it.
NEAR: dict[str, list[tuple[Any, Any]]] = {
    "text": [("é", "e\u0301"), ("", None), ("a", "a "), ("a", "A"), ("x", "x\x00"), ("\r\n", "\n")],
    "flag": [(True, None), (False, None)],
    "byte": [(0, None), (-128, 127)],
    "short": [(0, None)],
    "int": [(0, None)],
    "long": [(2**53, 2**53 + 1), (2**63 - 1, 2**63 - 2), (-(2**63), -(2**63) + 1)],
    "real": [(0.0, -0.0), (-0.0, 0.0), (NAN, None), (1.401298464324817e-45, 0.0), (INF, NAN)],
    "double": [
        *((0.0, -0.0), (-0.0, 0.0), (NAN, None), (None, NAN), (LEAST, 0.0), (LEAST, -0.0)),
        *((NAN, 0.0), (INF, NAN), (-INF, INF), (0.3, 0.1 + 0.2)),
    ],
    "day": [(dt.date(1582, 10, 4), dt.date(1582, 10, 5)), (dt.date(1, 1, 1), None)],
    "moment": [
        (at(1, 1, 1), at(1, 1, 1, 0, 0, 0, 1)),
        (at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1, 30)),
    ],
    "clock": [(dt.datetime(2026, 3, 29, 2, 30), dt.datetime(2026, 3, 29, 3, 30))],
    "price": [(Decimal("0.00"), Decimal("0.01")), (Decimal("0.00"), None)],
    "whole": [(NINES, Decimal("9" * 37 + "8"))],
    "part": [(CRUMB, MINUS_CRUMB)],
    "bytes": [(b"", None), (b"", b"\x00"), (b"\xff", b"\xfe")],
    "many": [([0.0], [-0.0]), ([], None), ([None], []), ([NAN], [None]), ([0.0, 1.0], [1.0, 0.0])],
    "names": [(["a, b"], ["a", "b"]), ([""], [None]), ([], [""]), (["null"], [None])],
    "pair": [
        ({"x": 0.0, "s": "", "d": None}, {"x": -0.0, "s": "", "d": None}),
        (None, {"x": None, "s": None, "d": None}),
    ],
    "deep": [([{"when": None, "many": []}], [{"when": None, "many": None}]), ([None], [])],
    "pairs": [([("", 0.0)], [("", -0.0)]), ([("a", 1.0)], [("b", 1.0)]), ([("a", None)], [])],
}


def hostile_rows() -> pa.Table:
    """Give every value in some row; the rest is null. Rows are told apart by `id`."""
    count = max(map(len, VALUES.values())) + 1
    columns = {
        name: pa.array([*values, *[None] * (count - len(values))], TYPES[name])
        for name, values in VALUES.items()
    }
    return pa.table({"id": pa.array([f"row {number:02}, é" for number in range(count)]), **columns})


def near_rows(is_after: bool) -> pa.Table:
    """Give a row for each pair, with the value before or after the correction and else null."""
    pairs = [(name, pair) for name in NEAR for pair in NEAR[name]]
    columns = {
        name: pa.array([pair[is_after] if at == name else None for at, pair in pairs], kind)
        for name, kind in TYPES.items()
    }
    ids = [f"{name} {number}" for number, (name, _) in enumerate(pairs)]
    return pa.table({"id": pa.array(ids), **columns})
