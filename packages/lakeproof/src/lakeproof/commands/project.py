"""What a command about runs stands on: the project, its store, and today's catalog."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.catalog import ProjectCatalog, open_catalog, project_path_of
from lakeproof.commands.output import remark
from lakeproof.errors import LakeproofError
from lakeproof.record.places.environments import environments, named_environment
from lakeproof.startup.trouble import worded
from lakeproof.versioned.contract import VersionedDataset

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

    from lakeproof.deliveries.raw_store import RawStore
    from lakeproof.record.facts import FileFacts, Maker
    from lakeproof.record.mlflow_store.stored_run import StoredRun
    from lakeproof.record.mlflow_store.stores import RecordStores
    from lakeproof.record.mlflow_store.tracking import Tracking
    from lakeproof.record.setup.opened_buckets import BucketEntry
    from lakeproof.reproduce.stored_deliveries import StoredDeliveries
    from lakeproof.reproduce.todays_tables import TodaysTables


@dataclass(frozen=True)
class RunProject:
    """A project, as the commands about its runs see it.

    Args:
        metadata: What Kedro's command line knows of it.
        env: The environment whose MLflow configuration says where runs are kept; those of the
            others are looked through where it does not have one.
    """

    metadata: "ProjectMetadata | None"
    env: str | None

    @cached_property
    def path(self) -> Path:
        """The project's folder."""
        return project_path_of(self.metadata)

    @property
    def maker(self) -> "Maker":
        """Who works here."""
        from lakeproof.record.setup.maker import maker_of

        return maker_of(self.path)

    @cached_property
    def records(self) -> "RecordStores":
        """The stores of its runs; opened when they are first asked for."""
        from lakeproof.record.mlflow_store import unsent
        from lakeproof.record.mlflow_store.stores import RecordStores

        env = named_environment(self.env)
        first = self._tracking(env)
        unsent.send_all(self.path, first)
        return RecordStores(
            first,
            self._other_trackings,
            is_asked=env is not None,
            tell=remark,
            maker=self.maker,
        )

    @cached_property
    def stored_runs(self) -> "list[StoredRun]":
        """All its runs with their records, newest first; read when first asked for."""
        return self.records.runs()

    @property
    def store_address(self) -> str:
        """Say where its runs are kept first, without user and password."""
        from lakeproof.record.mlflow_store.server import address_of

        return address_of(self._tracking(named_environment(self.env)).uri)

    def _tracking(self, env: str | None) -> "Tracking":
        from lakeproof.record.mlflow_store.tracking import open_loader, tracking_of

        return tracking_of(self.path, open_loader(self.path, env))

    def _other_trackings(self) -> "Iterator[Tracking]":
        """Read where each environment keeps its runs, if it says anything of it."""
        from kedro.framework.project import settings

        conf = self.path / settings.CONF_SOURCE
        if not conf.is_dir():
            return
        # Without a file of its own, an environment has what the base one has.
        telling = ("mlflow*", "globals*")
        for env in environments(conf):
            if any(next((conf / env).rglob(pattern), None) for pattern in telling):
                try:
                    yield self._tracking(env)
                except Exception as error:
                    # One that cannot be read today keeps nobody from the others; whoever deletes
                    # what no run needs must ask which they are.
                    self.unread_environments[env] = worded(error)[0]

    @cached_property
    def unread_environments(self) -> dict[str, str]:
        """Those of which it is not known where they keep their runs, with why; by `records`."""
        return {}

    def personal_in(self, *kedro_envs: str) -> frozenset[str]:
        """Name the columns of which no value is shown, by today's catalogs of some environments.

        Where one cannot be read, those are personal that are so in any other.
        """
        from kedro.framework.project import settings

        catalogs = [self._catalog_in(env) for env in dict.fromkeys(kedro_envs)]
        if None in catalogs:
            catalogs += map(self._catalog_in, environments(self.path / settings.CONF_SOURCE))
        named = (catalog.personal for catalog in catalogs if catalog is not None)
        return frozenset[str]().union(*named)

    def locate_in(self, kedro_env: str) -> "TodaysTables":
        """Give what looks a table up in today's catalog of an environment.

        A catalog that cannot be read today is none: the record says where the table was.
        """
        from lakeproof.reproduce.todays_tables import TodaysTables

        catalog = self._catalog_in(kedro_env)

        def locate(name: str) -> VersionedDataset | None:
            try:
                return catalog.table(name) if catalog is not None else None
            except LakeproofError:
                return None

        return TodaysTables(locate, self.options_of)

    def _catalog_in(self, kedro_env: str) -> ProjectCatalog | None:
        """Open today's catalog of an environment, once; `None` where it cannot be read."""
        if kedro_env not in self._catalogs:
            try:
                self._catalogs[kedro_env] = open_catalog(self.metadata, kedro_env)
            except LakeproofError:
                self._catalogs[kedro_env] = None
        return self._catalogs[kedro_env]

    @cached_property
    def _catalogs(self) -> dict[str, ProjectCatalog | None]:
        """Those of today that were asked for, by environment."""
        return {}

    def spark_settings(self, kedro_env: str) -> dict[str, str]:
        """Read today's `spark.yml`.

        Raises:
            LakeproofError: If Spark cannot be started so.
        """
        from lakeproof.record.mlflow_store.tracking import open_loader
        from lakeproof.spark.project import settings_of

        return dict(settings_of(open_loader(self.path, kedro_env), self.path).conf)

    def find_artifact(self, file: "FileFacts") -> Path | None:
        """Bring a file that a run read and kept, or one of the artifacts of whichever wrote it."""
        from lakeproof.checksum import sha256_of

        kept = self.raw.find(file.sha256)
        if kept is not None and sha256_of(kept) == file.sha256:
            return kept
        for uri in self._artifacts_like(file):
            path = self.records.artifact(uri)
            if path is not None and path.is_file() and sha256_of(path) == file.sha256:
                return path
        return self._stored_deliveries.find(file)

    def has_artifact(self, file: "FileFacts") -> bool:
        """Tell whether a recorded run kept a file with these bytes."""
        kept = self.raw.find(file.sha256)
        if kept is not None and kept.stat().st_size == file.size:
            return True
        is_logged = any(
            (path := self.records.artifact(uri)) is not None
            and path.is_file()
            and path.stat().st_size == file.size
            for uri in self._artifacts_like(file)
        )
        return is_logged or self._stored_deliveries.has(file)

    @property
    def _stored_deliveries(self) -> "StoredDeliveries":
        from lakeproof.reproduce.stored_deliveries import StoredDeliveries

        records = (run.record for run in self.stored_runs if run.record is not None)
        return StoredDeliveries(records, self.options_of, self.raw)

    def options_of(self, uri: str) -> "Mapping[str, str] | None":
        """Give the settings of a store, as any entry of any environment has them for its bucket."""
        from kedro.framework.project import settings

        from lakeproof.record.mlflow_store.tracking import open_loader
        from lakeproof.record.setup.opened_buckets import existing_environments, opened_by
        from lakeproof.stores.addresses import bucket_of, is_remote

        if not is_remote(uri):
            return None
        bucket = bucket_of(uri)
        if bucket not in self._opened:
            found = existing_environments(self.path / settings.CONF_SOURCE)
            first = named_environment(self.env)
            envs = dict.fromkeys(([first] if first in found else []) + [*found])
            loaders = (open_loader(self.path, env) for env in envs)
            self._opened[bucket] = opened_by(bucket, loaders)
        entry = self._opened[bucket]
        return entry.options if entry is not None else None

    @cached_property
    def _opened(self) -> "dict[str, BucketEntry | None]":
        """The credentials of the buckets that were asked for."""
        return {}

    @property
    def raw(self) -> "RawStore":
        """The raw files that its runs kept."""
        from lakeproof.deliveries.raw_store import RawStore

        return RawStore(self.path)

    def _artifacts_like(self, file: "FileFacts") -> list[str]:
        found = [file.artifact] if file.artifact else []
        return list(dict.fromkeys([*found, *self._kept_files.get(file.sha256, ())]))

    @cached_property
    def _kept_files(self) -> dict[str, list[str]]:
        """The artifacts that hold a file which a recorded run wrote, by its sha256."""
        found: dict[str, list[str]] = {}
        for run in self.stored_runs:
            for file in run.record.outputs.files if run.record is not None else ():
                if file.artifact:
                    found.setdefault(file.sha256, []).append(file.artifact)
        return found
