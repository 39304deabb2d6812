"""What each fact of a record can be, by its field: the rules that `validation` holds it against.

A path that leads out, a name that git, uv or a shell would take for an option, a variable that
changes what is run, a name that steers a terminal: none of these is one. Texts that are only ever
shown are free: they are spelled out where they are shown.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lakeproof import determinism
from lakeproof.record.documents import shapes
from lakeproof.record.factors import surroundings
from lakeproof.record.facts import (
    BundleFacts,
    ChangedFile,
    CodeFacts,
    ComputeFacts,
    ConfigurationFacts,
    Content,
    Distribution,
    EnvironmentFacts,
    FileFacts,
    ImportedModule,
    Library,
    Logged,
    Maker,
    Metric,
    ModelFacts,
    ModelRead,
    NodeFacts,
    NodeIO,
    NotControlled,
    Record,
    RunFacts,
    SnapshotFacts,
    Surroundings,
    TableRead,
    TableWritten,
    ValueFacts,
)

_BUNDLE = r"runs:/[0-9a-f]{32}/lakeproof/code\.bundle"
_SURROUNDINGS = (*surroundings.LOCALE, *surroundings.PYTHON, surroundings.TIME_ZONE)
_HOW_THREADS_WERE_SET = (determinism.SET_AT_START, determinism.OPTED_OUT, determinism.AS_FOUND)


@dataclass(frozen=True)
class Rule:
    """What a value can be.

    Args:
        what: In words.
        holds: As a test.
        held_before: As a test of what was written under schema 1, where that was another.
    """

    what: str
    holds: Callable[[Any], bool]
    held_before: Callable[[Any], bool] | None = None

    def test(self, schema: int) -> Callable[[Any], bool]:
        """Give the test of what was written under a schema."""
        return self.held_before if schema < 2 and self.held_before is not None else self.holds

    def has(self, value: Any, schema: int) -> bool:
        """Tell whether a value that was written under a schema is one."""
        return self.test(schema)(value)


@dataclass(frozen=True)
class Both:
    """The rules for the keys and for the values of a mapping."""

    keys: Rule
    values: Rule | None = None


def _text(holds: Callable[[str], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and holds(value)


_TITLE = Rule("a name", shapes.is_title)
_NAME = Rule("a name", shapes.is_name)
_NAMES = Rule("a list of names", _text(shapes.is_name))
INNER_PATH = Rule("a path that stays below its folder", shapes.is_inner_path)
_PLACE = Rule(
    "a place where a file or a table may be", shapes.is_place, held_before=shapes.was_place
)
_RUN_ID = Rule("the id of a run", shapes.is_run_id)
_COMMIT = Rule("a commit in hexadecimal", shapes.matches(r"[0-9a-f]{40}|[0-9a-f]{64}"))
_SHA256 = Rule("a sha256 in hexadecimal", shapes.matches(r"[0-9a-f]{64}"))
_DIGEST = Rule("a digest", shapes.matches(r"[a-z]+[0-9]*:[0-9a-f]{16,128}"))
_ENVIRONMENT = Rule("the name of an environment", _text(shapes.is_environment))
_SECONDS = Rule("a number of seconds", math.isfinite)
_MOMENT = Rule("a moment", shapes.is_moment)
_WORD = Rule("a word", shapes.matches(r"[A-Za-z0-9][\w.+-]{0,99}"))
_TRUTH = Rule("true or false", lambda value: isinstance(value, bool))
_MAPPING = Rule("a mapping", lambda value: isinstance(value, Mapping))
_SOURCE = Rule(
    "a place where configuration may be",
    _text(lambda value: shapes.is_address(value) and shapes.leads_straight(value)),
    held_before=_text(shapes.is_address),
)

# By the names of Kedro's own options, as `record.command` takes them down.
OPTIONS: Mapping[str, Rule] = {
    "env": _ENVIRONMENT,
    "pipelines": _NAMES,
    "tags": _NAMES,
    "node_names": _NAMES,
    "from_nodes": _NAMES,
    "to_nodes": _NAMES,
    "from_inputs": _NAMES,
    "to_outputs": _NAMES,
    "namespaces": _NAMES,
    "load_versions": Rule("tables with their versions", shapes.are_pins),
    "runner": Rule("a runner", shapes.is_runner),
    "is_async": _TRUTH,
    "runner_params": _MAPPING,
    "only_missing_outputs": _TRUTH,
    "conf_source": _SOURCE,
    "params": _MAPPING,
}

# By the facts and their fields. What is not here is free (`FREE` in the tests says which it is).
RULES: Mapping[type, Mapping[str, Rule | Both]] = {
    Record: {
        "metrics": Both(_TITLE),
        "not_compared": _TITLE,
        "lakeproof": _WORD,
        "previous": Rule("the digest of a record", shapes.matches(r"sha256:[0-9a-f]{64}")),
    },
    RunFacts: {
        "run_id": _RUN_ID,
        "started_at": _MOMENT,
        "finished_at": _MOMENT,
        "duration_s": _SECONDS,
        "kedro_env": _ENVIRONMENT,
        "pipelines": _NAME,
        "reproduces": _RUN_ID,
        "failed_node": _NAME,
    },
    # A random id has the shape of a run's.
    Maker: {"checkout": _RUN_ID, "user": _DIGEST, "machine": _DIGEST},
    CodeFacts: {
        "commit": _COMMIT,
        "remote": Rule("the address of a repository", shapes.is_address),
        "prefix": Rule(INNER_PATH.what, lambda value: value == "" or shapes.is_inner_path(value)),
        "files": Both(INNER_PATH, _SHA256),
        "tree": _DIGEST,
        "search": INNER_PATH,
    },
    ImportedModule: {"name": _NAME, "sha256": _SHA256},
    SnapshotFacts: {"commit": _COMMIT, "tree": _COMMIT},
    BundleFacts: {
        "artifact": Rule("the place of a bundle of a run", shapes.matches(_BUNDLE)),
        "commit": _COMMIT,
        "tree": _COMMIT,
    },
    # A path without a digest is only ever named: git's refusal, a repository in the repository.
    Content: {"sha256": Rule(_SHA256.what, shapes.matches(r"(?:[0-9a-f]{64})?"))},
    ConfigurationFacts: {"source": _SOURCE, "environments": _ENVIRONMENT, "digest": _DIGEST},
    TableRead: {
        "dataset": _NAME,
        "uri": _PLACE,
        "table_id": _TITLE,
        "digest": _DIGEST,
        "committed_digest": _DIGEST,
        "catalog_name": _TITLE,
        "catalog_id": _TITLE,
    },
    TableWritten: {
        "dataset": _NAME,
        "uri": _PLACE,
        "table_id": _TITLE,
        "mode": _WORD,
        "started_digest": _DIGEST,
        "digest": _DIGEST,
        "node": _NAME,
        "catalog_name": _TITLE,
        "catalog_id": _TITLE,
    },
    FileFacts: {
        "dataset": _NAME,
        "path": _PLACE,
        "sha256": _SHA256,
        "artifact": Rule("an artifact of MLflow (`runs:/…`, `models:/…`)", shapes.is_artifact),
    },
    ModelRead: {
        "dataset": _NAME,
        "asked": _TITLE,
        "uri": Rule("a model of MLflow (`models:/…`, `runs:/…`)", shapes.is_model),
        "digest": _DIGEST,
    },
    ValueFacts: {"dataset": _NAME, "type": _NAME, "digest": _DIGEST},
    NodeIO: {"dataset": _NAME, "digest": _DIGEST},
    NotControlled: {"digest": _DIGEST},
    Logged: {"digest": _DIGEST},
    NodeFacts: {"name": _NAME, "duration_s": _SECONDS},
    ModelFacts: {"dataset": _NAME, "digest": _DIGEST, "predictions": _DIGEST},
    Metric: {
        "value": Rule("a number", math.isfinite),
        "bits": Rule("a double in 16 hexadecimal digits", shapes.matches(r"[0-9a-f]{16}")),
    },
    Distribution: {
        "name": Rule("the name of a distribution", shapes.is_distribution),
        # Of PEP 440 or of before it; whether uv knows it is said when it is asked for.
        "version": Rule("a version", shapes.matches(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,199}")),
        "origin": Rule("where a distribution comes from", shapes.is_origin),
        "digest": _DIGEST,
        "path": INNER_PATH,
    },
    EnvironmentFacts: {
        "implementation": Rule("the name of an interpreter", shapes.matches(r"[A-Za-z]{1,40}")),
        "python": Rule(
            "a version of Python",
            shapes.matches(r"[0-9]+(?:\.[0-9]+){1,3}(?:(?:a|b|rc)[0-9]+)?\+?"),
        ),
        "locks": Both(INNER_PATH, _DIGEST),
        "imported_installers": Rule("the name of a distribution", shapes.is_distribution),
        "jars": Both(Rule("the name of a jar", shapes.matches(r"[\w.+-]+\.jar")), _DIGEST),
    },
    ChangedFile: {
        "distribution": Rule("the name of a distribution", shapes.is_distribution),
        "digest": _DIGEST,
    },
    Surroundings: {
        "variables": Both(
            Rule("a variable that a re-run sets", lambda value: value in _SURROUNDINGS), _TITLE
        ),
        "umask": Rule("a umask", shapes.matches(r"0[0-7]{3}")),
    },
    Library: {"user_api": _WORD, "internal_api": _WORD},
    ComputeFacts: {
        "engine": _WORD,
        "runner": _TITLE,
        "factors": Both(_TITLE, Rule("what a factor is", lambda value: isinstance(value, str))),
        "recipe": Rule("how threads were set", lambda value: value in _HOW_THREADS_WERE_SET),
        "threads": Both(
            Rule("a variable that a re-run sets", lambda value: value in determinism.VARIABLES),
            Rule("the value of such a variable", shapes.matches(r"[\w.,:;=+ -]{0,500}")),
        ),
    },
}
