"""Readers and writers in native code open files without an event: wrapped, to see what they get.

A wrapper stands where the function stood, in the module that defines it and in those that hand it
on, so that it pickles as before. It tells the source to whoever watches, and does nothing else.
"""

import functools
import glob
import os
import sys
from collections.abc import Callable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from lakeproof.watch.callers import is_installed

# Gets a source or target, whether it is a place on this disk, and whether it is written.
Tell = Callable[[str, bool, bool], None]

# By module: functions, and classes by the method that opens.
_READERS: dict[str, tuple[str, ...]] = {
    "polars": (
        *("read_csv", "scan_csv", "read_csv_batched", "read_parquet", "scan_parquet", "read_ipc"),
        *("scan_ipc", "read_ipc_stream", "read_ndjson", "scan_ndjson", "read_json", "read_avro"),
        *("read_excel", "read_ods", "read_delta", "scan_delta", "scan_iceberg", "read_database"),
        *("read_database_uri", "read_lines", "scan_lines", "read_parquet_schema"),
        *("read_parquet_metadata", "read_ipc_schema"),
    ),
    "pandas": (
        *("read_parquet", "read_feather", "read_orc", "read_hdf", "read_excel", "read_spss"),
        *("read_csv", "read_table", "read_sql", "read_sql_query", "read_sql_table", "read_json"),
    ),
    "pyarrow": ("memory_map", "input_stream"),
    "pyarrow.parquet": ("ParquetFile.__init__", "ParquetDataset.__init__"),
    "pyarrow.dataset": ("dataset", "parquet_dataset"),
    "pyarrow.csv": ("read_csv", "open_csv"),
    "pyarrow.json": ("read_json", "open_json"),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.orc": ("read_table", "ORCFile.__init__"),
    "deltalake": ("DeltaTable.__init__",),
    "duckdb": ("connect", "read_csv", "read_parquet", "read_json"),
    "h5py": ("File.__init__",),
    "pyspark.sql.readwriter": tuple(
        f"DataFrameReader.{name}"
        for name in ("load", "csv", "parquet", "json", "orc", "text", "table", "jdbc")
    ),
    "pyspark.sql.connect.readwriter": tuple(
        f"DataFrameReader.{name}"
        for name in ("load", "csv", "parquet", "json", "orc", "text", "table", "jdbc")
    ),
}
_WRITERS: dict[str, tuple[str, ...]] = {
    "polars": (
        *(f"DataFrame.write_{kind}" for kind in ("csv", "parquet", "ipc", "ipc_stream", "ndjson")),
        *(f"DataFrame.write_{kind}" for kind in ("json", "avro", "delta", "iceberg")),
        *(f"LazyFrame.sink_{kind}" for kind in ("csv", "parquet", "ipc", "ndjson", "delta")),
    ),
    "pandas": ("DataFrame.to_parquet", "DataFrame.to_feather", "DataFrame.to_orc"),
    "pyarrow": ("output_stream",),
    "pyarrow.parquet": ("ParquetWriter.__init__",),
    "pyarrow.dataset": ("write_dataset",),
    "pyarrow.csv": ("write_csv",),
    "pyarrow.feather": ("write_feather",),
    "pyarrow.ipc": ("new_file", "new_stream"),
    "pyarrow.orc": ("write_table", "ORCWriter.__init__"),
    "deltalake": ("write_deltalake",),
    "xgboost": ("Booster.save_model",),
    "lightgbm": ("Booster.save_model",),
    "catboost": ("CatBoost.save_model",),
    "torch": ("save",),
}
_MODULES = {*_READERS, *_WRITERS}
# These take what they write first, and the target after it.
_TARGET_SECOND = ("write_dataset", "write_csv", "write_feather", "write_table", "save")
_SOURCES = (
    *("source", "path", "paths", "filepath_or_buffer", "path_or_paths", "path_or_buf", "io", "con"),
    *("input_file", "table_uri", "uri", "connection", "where", "database", "name", "url"),
    *("tableName", "path_or_file"),
)
_TARGETS = (
    *("file", "path", "target", "where", "base_dir", "dest", "output_file", "sink", "filename"),
    *("table_or_uri", "fname", "f", "source"),
)
_SQL = ("read_sql", "read_sql_query", "read_sql_table", "read_database", "read_database_uri")

_tell: Tell | None = None
_done: set[str] = set()


def wrap_readers(tell: Tell) -> None:
    """Wrap the readers of modules that are loaded, once, and those of others when they are.

    Args:
        tell: Gets each source that a reader is given, and each target of a writer.
    """
    global _tell
    _tell = tell
    wrappers: dict[int, tuple[Any, Any]] = {}
    for name in _MODULES:
        if (module := sys.modules.get(name)) is not None:
            wrappers |= _wrap(module)
    _hand_on(wrappers)
    sys.meta_path.insert(0, _Finder())


def _hand_on(wrappers: dict[int, tuple[Any, Any]]) -> None:
    """Give the wrappers to modules of the user's that keep a reader by its own name."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or is_installed(file):
            continue
        for name, value in list(vars(module).items()):
            if id(value) in wrappers and wrappers[id(value)][0] is value:
                setattr(module, name, wrappers[id(value)][1])


class _Finder(MetaPathFinder):
    """Let the others find a module, and stand by while it is loaded."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname not in _MODULES or fullname in _done:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    _wrap_after(spec.loader)
                return spec
        return None


def _wrap_after(loader: Loader) -> None:
    """Have a loader wrap what it has loaded: the object is this module's alone."""
    load = loader.exec_module

    def load_and_wrap(module: ModuleType) -> None:
        load(module)
        _wrap(module)

    loader.exec_module = load_and_wrap  # type: ignore[method-assign]


def _wrap(module: ModuleType) -> dict[int, tuple[Any, Any]]:
    """Wrap what a module reads and writes with; give each replaced function and its wrapper."""
    wrappers: dict[int, tuple[Any, Any]] = {}
    if module.__name__ in _done:
        return wrappers
    _done.add(module.__name__)
    readers = _READERS.get(module.__name__, ())
    for name in (*readers, *_WRITERS.get(module.__name__, ())):
        owner: Any = module
        *way, last = name.split(".")
        for part in way:
            owner = getattr(owner, part, None)
        function = getattr(owner, last, None)
        if not callable(function) or isinstance(function, type):
            continue
        wrapper = _wrapper(function, last, bool(way), name not in readers)
        try:
            setattr(owner, last, wrapper)
        except (AttributeError, TypeError):  # a class of a C module
            continue
        defining = sys.modules.get(getattr(function, "__module__", "") or "")
        if not way and getattr(defining, last, None) is function:
            setattr(defining, last, wrapper)
        if not way:
            wrappers[id(function)] = function, wrapper
    return wrappers


def _wrapper(
    function: Callable[..., Any], name: str, is_method: bool, is_writer: bool
) -> Callable[..., Any]:
    before = is_method + (is_writer and not is_method and name in _TARGET_SECOND)

    @functools.wraps(function)
    def watched(*arguments: Any, **options: Any) -> Any:
        if _tell is not None:
            given = arguments[before:]
            told = _targets(given, options) if is_writer else _sources(name, given, options)
            for source, is_place in told:
                _tell(source, is_place, is_writer)
        return function(*arguments, **options)

    return watched


def _sources(name: str, arguments: Any, options: Any) -> Iterator[tuple[str, bool]]:
    if name in _SQL:
        connection = options.get("con", options.get("connection", options.get("uri")))
        yield from _database(arguments[1] if len(arguments) > 1 else connection)
        return
    if arguments:
        yield from _places(arguments[0])
    else:
        for key in _SOURCES:
            yield from _places(options.get(key))


def _targets(arguments: Any, options: Any) -> Iterator[tuple[str, bool]]:
    for target in arguments[:1] or map(options.get, _TARGETS):
        # Of Polars, for several files in one folder.
        partitions = getattr(target, "_pl_partition_by", None)
        yield from _places(getattr(partitions, "base_path", target), is_pattern=False)


def _places(source: Any, is_pattern: bool = True) -> Iterator[tuple[str, bool]]:
    if isinstance(source, list | tuple):
        for one in source:
            yield from _places(one)
        return
    if not isinstance(source, str | os.PathLike):
        return
    text = os.fsdecode(source)
    if "://" in text and not text.startswith("file:"):
        yield address_of(text), False
        return
    text = os.path.expanduser(text.removeprefix("file://"))
    if not is_pattern or os.path.exists(text) or not glob.has_magic(text):
        # Text that is no place, such as CSV itself, is nothing that was opened.
        if text and "\n" not in text and len(text) < 4096:
            yield text, True
        return
    for path in sorted(glob.glob(text, recursive=True)):
        yield path, True


def _database(connection: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(connection, str):
        yield address_of(connection), False
    elif connection is not None:
        url = getattr(connection, "url", None) or getattr(
            getattr(connection, "engine", None), "url", None
        )
        kind = type(connection)
        yield (address_of(str(url)) if url else f"{kind.__module__}.{kind.__name__}"), False


def address_of(text: str) -> str:
    """Give an address without user, password, query and fragment."""
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}{parts.path}"
