"""A record, and the same with one fact changed: each leaf and each list of the document."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes
from lakeproof.record.facts import Record
from lakeproof.reproduce import verdict_report
from lakeproof.reproduce.comparison.compare import compare
from verdict.facts import Trial

Path = tuple[str | int, ...]

# What says which run it was and how long it took, and words beside a fact that has its own digest:
# two honest runs differ in them.
NO_FACTS = re.compile(
    r"lakeproof|run/(run_id|started_at|finished_at|duration_s|command.*|config.*|reproduces|error"
    r"|failed_node|options.*|status|kedro_env|pipelines.*)|nodes/\d+/duration_s"
    r"|(inputs|outputs)/.*/(uri|path|size|artifact|note|type|pin|digest_from|rows|written)"
    r"|(inputs|outputs)/tables/\d+/columns/.*|outputs/tables/\d+/(started_at|version|node|table_id)"
    r"|(models|nodes)/.*/note|models/\d+/prediction_rows|parameters/(sources|redacted).*"
    r"|code/(commit|remote|prefix|diff.*|untracked.*|snapshot.*|changed.*)|problems.*"
    r"|configuration/(source|environments.*|digest|files/\d+/(?!sha256).*)"
    r"|environment/(locks/.*|build|distributions/\d+/origin)|compute/recipe"
    r"|nodes/\d+/name|nodes/\d+/(inputs|outputs)/\d+/kind|inputs/.*/is_own|not_compared.*"
    r"|compute/libraries/(\d+/(user_api|internal_api|version|architecture)|\d+)"
    r"|environment/distributions/\d+/path|.*/holds_place|(inputs|outputs)/files/\d+/text|inputs/tables/\d+/dataset"
)
# A sample of what a record has hundreds of.
_MOST_OF_A_LIST = {"environment/distributions": 40, "code/files": 10, "configuration/files": 10}


def mutations(record: Record, rerun: Record) -> Iterator[Trial]:
    """Change each fact of what a re-run had or gave, and compare.

    Args:
        record: Of a run.
        rerun: Of an honest re-run of it.
    """
    document = json.loads(to_bytes(rerun))
    for path, value in _leaves(document):
        place = "/".join(map(str, path))
        if NO_FACTS.fullmatch(place) or _is_of_project(document, path):
            continue
        changed = copy.deepcopy(document)
        _put(changed, path, _another(path, value))
        if path[0] == "metrics" and path[-1] == "bits":
            # A value and its bits that disagree are damage, which is another trial.
            _put(changed, (*path[:-1], "value"), _as_float(_another(path, value)))
        yield _trial(record, changed, _causes(path, changed), place)
    for path, items in _lists(document):
        place = "/".join(map(str, path))
        if items and not NO_FACTS.fullmatch(f"{place}/0"):
            changed = copy.deepcopy(document)
            is_list = isinstance(items, list)
            last = len(items) - 1 if is_list else next(reversed(items))
            if _is_of_project(document, (*path, last, "")):
                continue
            causes = _causes((*path, last, ""), document)
            _put(changed, path, items[:-1] if is_list else dict([*items.items()][:-1]))
            yield _trial(record, changed, causes, f"{place}, the last left out")


def contradictions(record: Record) -> Iterator[Trial]:
    """Edit a record with its seal so that one of its facts contradicts another."""
    document = json.loads(to_bytes(record))
    edits = {
        "a metric and its bits": ("metrics", _first(document["metrics"]), "value"),
        "a metric's bits and its value": ("metrics", _first(document["metrics"]), "bits"),
        "the code's files and their digest": ("code", "files", _first(document["code"]["files"])),
        "the code's digest and its files": ("code", "tree"),
    }
    for what, path in edits.items():
        changed = copy.deepcopy(document)
        _put(changed, path, _another(path, _get(document, path)))
        kind = "a record that contradicts itself"
        yield _trial(record, changed, ("damaged", "contradict", "code", "rmse"), what, kind)


def _trial(
    record: Record, changed: Any, causes: tuple[str, ...], place: str, kind: str = ""
) -> Trial:
    kind = kind or f"{place.partition('/')[0].partition(',')[0]} of a record"
    try:
        rerun = from_bytes(json.dumps(changed).encode(), "The record")
    except RecordError as error:
        return Trial(kind, place, "records", False, "REFUSED", error.message)
    found = compare(record, rerun, is_rerun=True)
    said = verdict_report.render(found) + json.dumps(verdict_report.document(found))
    return Trial(kind, place, "records", False, found.verdict, said, causes)


def _causes(path: Path, document: Any) -> tuple[str, ...]:
    """Give the words by which a person would know what was another."""
    section, *rest = path
    names = [part for part in rest if isinstance(part, str) and part]
    names += [part.replace("_", " ").removeprefix("is ") for part in names if "_" in part]
    owner = document
    for part in path[:-1]:
        owner = owner[part] if isinstance(owner, dict | list) else owner
        if isinstance(owner, dict):
            names += [str(owner[key]) for key in ("dataset", "name", "path") if owner.get(key)]
    words: dict[Any, tuple[str, ...]] = {
        "is_watched": ("did not look",),
        "compute": ("cpu", "cores", "memory", "os", "machine", "engine", "thread", "blas"),
    }
    if section == "code":
        return ("code",)
    if path[:2] == ("environment", "implementation"):
        return ("python",)
    return (*names, *words.get(str(section), ()), str(section))


def _is_of_project(document: Any, path: Path) -> bool:
    """Tell a fact of the project's own distribution, whose code has a digest of its own.

    Nor has a package from an index a digest of its own: its version stands for it.
    """
    owner = _get(document, path[:-1])
    is_package = path[:2] == ("environment", "distributions") and isinstance(owner, dict)
    return is_package and (owner.get("origin") == "project" or path[-1] == "digest")


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for key, item in items[: _MOST_OF_A_LIST.get("/".join(map(str, path)), len(items))]:
            yield from _leaves(item, (*path, key))
    elif path != ("schema",):
        yield path, value


def _lists(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        is_open = isinstance(value, list) or "/".join(map(str, path)) in (
            *("code/files", "metrics", "compute/threads", "compute/engine_configuration"),
        )
        if is_open:
            yield path, value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _lists(item, (*path, key))


def _another(path: Path, value: Any) -> Any:
    """Give a value of the same form that is another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return "sha256:" + "ab" * 32 if path[-1] == "digest" else "another"
    if re.fullmatch(r"[0-9a-f]{16,}", value[-16:]):
        # The last digit of a digest or of a double.
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if re.fullmatch(r"\d+(\.\d+)*", value):
        return f"{value}1"
    return f"{value}x"


def _as_float(bits: str) -> Any:
    import struct

    (found,) = struct.unpack(">d", bytes.fromhex(bits))
    return found if found - found == 0 else None


def _put(document: Any, path: Path, value: Any) -> None:
    _get(document, path[:-1])[path[-1]] = value


def _get(document: Any, path: Path) -> Any:
    for part in path:
        document = document[part]
    return document


def _first(mapping: Any) -> str:
    return str(next(iter(mapping)))
