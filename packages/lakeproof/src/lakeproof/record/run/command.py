"""Gather how a run was asked for, and write what `kedro run --config` takes to ask for it again."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.record.redaction.secret_text import REDACTED
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.parameters import holds_gap, plain

# By the names of Kedro's own options. Kedro splits these at commas itself and takes no lists.
_LISTS = ("tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs", "namespaces")
_OBJECT = re.compile(r"<([\w.]+) object at 0x[0-9a-f]+>")


def gather_command(
    run_params: Mapping[str, Any],
    secrets: Secrets,
    conf_source: str | None = None,
    project_path: Path | None = None,
) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
    """Gather the command line and its options, without secrets.

    Args:
        run_params: What Kedro hands to `before_pipeline_run`.
        secrets: What must not get in.
        conf_source: Where the configuration was read from; among the options where it is not the
            project's own.
        project_path: The project; that of `run_params` unless given.

    Returns:
        The command, `None` where the run was started from Python; and what was asked for by the
        names and in the forms that `kedro run --config` takes.
    """
    project = Path(project_path or run_params["project_path"])
    command, arguments = _command_line()
    options: dict[str, Any] = {
        "env": run_params.get("env"),
        # Kedro gives them in an order that hangs on the hash seed.
        "pipelines": _joined(sorted(run_params.get("pipeline_names") or ())),
        **{name: _joined(run_params.get(name)) for name in _LISTS},
        "load_versions": _joined(
            f"{name}:{version}" for name, version in (run_params.get("load_versions") or {}).items()
        ),
        "runner": _runner(str(run_params.get("runner") or "")),
        "is_async": arguments.get("is_async"),
        "runner_params": secrets.redact(plain(arguments.get("runner_params") or {}))[0],
        "only_missing_outputs": run_params.get("only_missing_outputs"),
        "conf_source": _conf_source(conf_source, project, secrets),
        "params": secrets.redact(plain(run_params.get("runtime_params") or {}))[0],
    }
    given = {name: value for name, value in options.items() if value}
    return secrets.redact_command(command) if command else None, given


def run_config(
    options: Mapping[str, Any], versions: Mapping[str, int], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Make the options of a run into those that repeat it.

    Parameters that were replaced by `***` are left out: the user's configuration has to say them.

    Args:
        options: What was asked for.
        versions: Of every table that was read.
        parameters: All of them, resolved.
    """
    pinned = dict(
        pin.split(":", 1) for pin in str(options.get("load_versions", "")).split(",") if pin
    )
    pinned |= {name: str(version) for name, version in versions.items()}
    pins = ",".join(f"{name}:{version}" for name, version in sorted(pinned.items()))
    config = {**options, "load_versions": pins, "params": _without_secrets(parameters)}
    return {name: value for name, value in config.items() if value}


def mended(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give recorded options without what earlier versions wrote and `kedro run` does not take."""
    return {name: value for name, value in options.items() if (name, value) != ("runner", "None")}


def to_yaml(config: Mapping[str, Any]) -> str:
    """Write a `run.yml` that gives `kedro run --config` exactly these values, types and all."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Quotes every text but plain names: readers differ on what `1e3` or `1:30` is."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = None if re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    content = dict(config)
    if "params" in content:
        content["params"] = _literal(content["params"])
    return yaml.dump({"run": content}, Dumper=Dumper, sort_keys=False, width=10**9)


def _command_line() -> tuple[list[str] | None, Mapping[str, Any]]:
    """Give the command and the options of the `kedro run` that is going on."""
    import click

    context = click.get_current_context(silent=True)
    if context is None or context.command.name != "run" or "run" not in sys.argv[1:]:
        return None, {}
    return ["kedro", *sys.argv[1:]], context.params


def _joined(names: Iterable[str] | None) -> str:
    return ",".join(names or ())


def runner_class(shown: str) -> str | None:
    """Name the class of a runner, which Kedro tells as it prints; without one it takes its own."""
    found = _OBJECT.fullmatch(shown)
    path = found[1] if found else shown
    if path in ("", "None"):
        return "SequentialRunner"
    if not re.fullmatch(r"[A-Za-z_][\w.]*", path):
        return None
    return path.rpartition(".")[2] if path.startswith("kedro.runner.") else path


def _runner(shown: str) -> str | None:
    """Give what `--runner` takes; Kedro tells the runner as it prints."""
    found = _OBJECT.fullmatch(shown)
    path = found[1] if found else shown
    # `session.run()` was given none, and Kedro tells that as a text.
    if path == "None" or not re.fullmatch(r"[A-Za-z_][\w.]*", path):
        return None
    if path.rpartition(".")[2] == "SequentialRunner":
        return None
    return path.rpartition(".")[2] if path.startswith("kedro.runner.") else path


def _conf_source(source: str | None, project: Path, secrets: Secrets) -> str | None:
    from kedro.framework.project import settings

    if source is None or Path(source) == project / settings.CONF_SOURCE:
        return None
    return secrets.redact_text(relative_to_project(source, project))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items() if not _is_gap(item)}
    return value


def _is_gap(value: Any) -> bool:
    """Tell whether a value was replaced, or is a list in which one was: lists are merged whole."""
    return holds_gap(value) if isinstance(value, list) else bool(value == REDACTED)


def _literal(value: Any) -> Any:
    """Escape what Kedro would resolve: these values are resolved already."""
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"(\\*)\$\{", lambda found: 2 * found[1] + r"\${", value)
    return value
