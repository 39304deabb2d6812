"""The tables of a project, as its catalog names them in one environment.

Reads configuration alone: no hook runs, no pipeline is imported, no table is opened and no MLflow
store is touched, so that a command works where a run would not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.commands.command_errors import CatalogError
from lakeproof.errors import LakeproofError
from lakeproof.record.places.environments import named_environment, require_environment
from lakeproof.startup.trouble import told, worded

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader
    from kedro.framework.startup import ProjectMetadata
    from kedro.io import DataCatalog

    from lakeproof.versioned.contract import VersionedDataset

# Those of a config loader that does not tell its own.
_FILE_PATTERNS = {"catalog": ["catalog*", "catalog*/**", "**/catalog*"]}


@dataclass(frozen=True)
class ProjectCatalog:
    """The catalog of one environment.

    Args:
        project_path: The project's folder.
        conf_path: Its configuration folder.
        base_env: The environment beneath all others.
        env: The environment that lies over it.
        is_env_given: Whether somebody named `env`; else it is the project's default.
        entries: The catalog's configuration by name, interpolations resolved.
        catalog: Kedro's catalog of them.
        file_patterns: The glob patterns of a catalog file within an environment's folder.
    """

    project_path: Path
    conf_path: Path
    base_env: str
    env: str
    is_env_given: bool
    entries: Mapping[str, Any]
    catalog: "DataCatalog"
    file_patterns: tuple[str, ...]

    def table(self, name: str) -> "VersionedDataset":
        """Give the table of that name.

        Raises:
            CatalogError: If there is none, with the names that come close.
        """
        from lakeproof.record.setup.personal import keep_back
        from lakeproof.versioned.contract import is_versioned

        if name not in self.catalog:
            raise CatalogError(self._unknown(name))
        try:
            dataset = self.catalog.get(name)
        except LakeproofError:
            raise
        except Exception as error:
            raise CatalogError(
                f"The catalog entry '{name}' cannot be used: {told(error)}"
            ) from error
        if not is_versioned(dataset):
            raise CatalogError(
                f"'{name}' is a {type(dataset).__name__} in the catalog of environment "
                f"'{self.env}', which has no versions. {self._known()}"
            )
        dataset.name_as(name)
        keep_back(dataset, self.personal)
        return dataset

    @cached_property
    def personal(self) -> frozenset[str]:
        """The columns whose values no command shows."""
        from lakeproof.record.setup.personal import personal_columns

        return personal_columns(self.entries)

    def table_names(self) -> list[str]:
        """List the entries that have versions, in the catalog's order, without making others."""
        return list(self._table_names())

    def pattern_of(self, name: str) -> str | None:
        """Tell which dataset factory makes an entry; `None` for one that is written out."""
        if name in self.entries:
            return None
        resolver = self.catalog.config_resolver
        return resolver.match_dataset_pattern(name) or resolver.match_user_catch_all_pattern(name)

    def reopened(self) -> "ProjectCatalog":
        """Read the catalog anew, after its files have changed."""
        return _open(self.project_path, self.env if self.is_env_given else None)

    def relative(self, path: Path | str) -> str:
        """Write a path as seen from the project's folder, where it is inside."""
        try:
            return Path(path).relative_to(self.project_path).as_posix()
        except ValueError:
            return str(path)

    def _table_names(self) -> Iterator[str]:
        from kedro.io.core import parse_dataset_definition

        from lakeproof.versioned.contract import is_versioned_class

        for name, entry in self.entries.items():
            if self.catalog.config_resolver.is_pattern(name):
                continue
            try:
                kind, _ = parse_dataset_definition(entry)
            except Exception:
                continue  # another kind of dataset, which lacks what it needs to be imported
            if is_versioned_class(kind):
                yield name

    def _unknown(self, name: str) -> str:
        close = get_close_matches(name, self.table_names() or list(self.entries), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        return f"The catalog of environment '{self.env}' has no '{name}'.{hint} {self._known()}"

    def _known(self) -> str:
        return f"Tables with versions: {', '.join(self.table_names()) or 'none'}."


def open_catalog(metadata: "ProjectMetadata | None", env: str | None) -> ProjectCatalog:
    """Open the catalog of an environment.

    Args:
        metadata: What Kedro's command line knows of the project; without it the project is looked
            for from the current directory upwards.
        env: The environment; `KEDRO_ENV` or the project's default without it, as for `kedro run`.

    Raises:
        CatalogError: If there is no project, no such environment or no readable catalog.
    """
    return _open(project_path_of(metadata), named_environment(env))


def loader_of(project_path: Path, env: str | None) -> "AbstractConfigLoader":
    """Give what reads the configuration of an environment, as the project's settings have it.

    Raises:
        RunError: If there is no such environment.
    """
    from kedro.framework.project import settings

    from lakeproof.record.places.project_paths import register_configuration, register_project_path

    register_project_path(project_path)
    loader: AbstractConfigLoader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project_path / settings.CONF_SOURCE),
        env=env,
        **settings.CONFIG_LOADER_ARGS,
    )
    register_configuration(project_path, loader)
    require_environment(loader)
    return loader


def _open(project_path: Path, env: str | None) -> ProjectCatalog:
    from kedro.config import MissingConfigException
    from kedro.framework.context.context import _convert_paths_to_absolute_posix
    from kedro.framework.project import settings
    from kedro.io import DataCatalog

    conf_path = project_path / settings.CONF_SOURCE
    try:
        loader = loader_of(project_path, env)
        entries = _convert_paths_to_absolute_posix(project_path, loader["catalog"])
        try:
            credentials = loader["credentials"]
        except MissingConfigException:
            credentials = {}
        catalog = DataCatalog.from_config(entries, credentials)
    except LakeproofError:
        raise
    except Exception as error:
        shown = f"of environment '{env}' " if env else ""
        what, advice = worded(error)
        raise CatalogError(
            f"The catalog {shown}cannot be read: {what}\n{advice}".strip()
        ) from error
    return ProjectCatalog(
        project_path=project_path,
        conf_path=conf_path,
        base_env=str(getattr(loader, "base_env", "base")),
        env=env or str(getattr(loader, "default_run_env", "local")),
        is_env_given=env is not None,
        entries=entries,
        catalog=catalog,
        file_patterns=tuple(getattr(loader, "config_patterns", _FILE_PATTERNS)["catalog"]),
    )


def project_path_of(metadata: "ProjectMetadata | None") -> Path:
    """Find the project's folder, and let Kedro know of it.

    Raises:
        CatalogError: If there is none.
    """
    if metadata is not None:
        return metadata.project_path
    from kedro.framework.startup import bootstrap_project
    from kedro.utils import find_kedro_project

    found = find_kedro_project(Path.cwd())
    if found is None:
        raise CatalogError(
            f"There is no Kedro project in {Path.cwd()} or above it: no pyproject.toml with a "
            "section [tool.kedro]. Change to a project's folder."
        )
    return bootstrap_project(found).project_path
