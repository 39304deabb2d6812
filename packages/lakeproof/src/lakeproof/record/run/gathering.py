"""One record out of everything that was seen of a run."""

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.determinism import Recipe, RecipeError, find_recipe
from lakeproof.errors import RunError
from lakeproof.record.code.bundle import Bundle, bundle_of, place_of
from lakeproof.record.code.gather_code import gather_code, with_imported
from lakeproof.record.code.imported import imported_beside
from lakeproof.record.code.kept_files import without_kept_files
from lakeproof.record.code.source import source_folder
from lakeproof.record.documents import rerun_request
from lakeproof.record.factors.registry import collected
from lakeproof.record.factors.surroundings import gather_surroundings
from lakeproof.record.facts import (
    CodeFacts,
    ComputeFacts,
    ConfigurationFacts,
    EnvironmentFacts,
    InputFacts,
    Metric,
    ModelFacts,
    NodeFacts,
    OutputFacts,
    ParameterFacts,
    Record,
    RunFacts,
    Surroundings,
)
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.command import gather_command, run_config, runner_class
from lakeproof.record.run.ending.second_look import SecondLook
from lakeproof.record.run.problems import problems_of
from lakeproof.record.setup.catalog_values import gather_catalog_values
from lakeproof.record.setup.compute import gather_compute
from lakeproof.record.setup.configuration import credential_values, gather_configuration
from lakeproof.record.setup.environment import gather_environment, imported_installers
from lakeproof.record.setup.installed import with_loaded
from lakeproof.record.setup.parameters import gather_parameters, resolved_parameters
from lakeproof.record.setup.personal import personal_columns
from lakeproof.spark.spark_facts import gather_spark
from lakeproof.version import VERSION
from lakeproof.versioned.contract import has_engine
from lakeproof.watch import OwnThreads

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline


logger = logging.getLogger(__name__)


_MOST_NAMED = 5


@dataclass(frozen=True)
class RunInputs:
    """What decides a run before its first node; `gather` starts reading it when the run starts.

    Args:
        project_path: The project's folder.
        kedro_env: The environment that lies over the base one.
        secrets: What must not be written down.
        command: The command line, without secrets.
        options: What the run was asked for.
        parameters: As the nodes will get them.
        not_compared: Outputs that do not count.
        engine: Of its tables.
        catalog_values: What resolvers made of values in the catalog.
        runner: The class that runs its nodes.
        surroundings: Time zone, locale and the like, before a node can change them.
        factors: What the project's own say, at that time too.
        source: The folder of its code.
        is_watched: Whether somebody looks at what its nodes reach for beside their inputs.
        keep_raw_mb: Megabytes up to which a raw file is kept.
        code: Read meanwhile.
        bundle: Made of it meanwhile, or why there is none.
        configuration: Read meanwhile.
        environment: Read meanwhile.
    """

    project_path: Path
    kedro_env: str
    secrets: Secrets
    command: tuple[str, ...] | None
    options: Mapping[str, Any]
    parameters: ParameterFacts
    not_compared: tuple[str, ...]
    engine: str
    catalog_values: Mapping[str, Any] | None
    runner: str | None
    surroundings: Surroundings
    factors: Mapping[str, str]
    source: Path
    is_watched: bool
    keep_raw_mb: int
    code: "Future[CodeFacts]"
    bundle: "Future[Bundle | str | None]"
    configuration: "Future[ConfigurationFacts]"
    environment: "Future[EnvironmentFacts]"
    _loader: Any

    @classmethod
    def gather(
        cls,
        context: "KedroContext",
        run_params: Mapping[str, Any],
        pipeline: "Pipeline",
        catalog: "CatalogProtocol[Any, Any]",
        conf_catalog: Mapping[str, Any],
    ) -> "RunInputs":
        """Read what is cheap and start reading the rest, while Kedro and MLflow start the run."""
        project_path = Path(run_params["project_path"])
        loader = context.config_loader
        # Not what the catalog holds, of which a hook may have taken secrets away.
        resolved = resolved_parameters(loader)
        secrets = Secrets.of(credential_values(loader)).joined_by(resolved)
        secrets = replace(secrets, are_rows_personal=bool(personal_columns(conf_catalog)))
        command, options = gather_command(
            run_params, secrets, getattr(loader, "conf_source", None), project_path
        )
        recipe = _recipe(project_path)
        pool = OwnThreads(3)
        try:
            return cls(
                project_path=project_path,
                kedro_env=str(run_params.get("env") or getattr(loader, "default_run_env", "local")),
                secrets=secrets,
                command=command,
                options=options,
                parameters=gather_parameters(
                    loader,
                    run_params.get("runtime_params") or {},
                    secrets,
                    _parameters_of(catalog),
                    resolved,
                ),
                not_compared=_not_compared(pipeline, catalog),
                engine=_engine(pipeline, catalog),
                catalog_values=gather_catalog_values(loader, conf_catalog, project_path, secrets),
                runner=runner_class(str(run_params.get("runner") or "")),
                surroundings=gather_surroundings(),
                factors={name: secrets.redact_text(value) for name, value in collected().items()},
                source=source_folder(project_path),
                is_watched=recipe.watch,
                keep_raw_mb=recipe.keep_raw_mb,
                # After all of the above, which would wait for these at each file that it reads.
                # What a re-run has was kept by the run that it repeats.
                code=(
                    code := pool.submit(
                        gather_code, project_path, secrets, keeps=rerun_request.current() is None
                    )
                ),
                configuration=pool.submit(gather_configuration, project_path, loader, secrets),
                environment=pool.submit(gather_environment, project_path, is_quick=True),
                # The last: it waits for the first, which is at work by then.
                bundle=pool.submit(bundle_of, project_path, code, secrets),
                _loader=loader,
            )
        finally:
            pool.shutdown(wait=False)

    def record(
        self,
        run: RunFacts,
        inputs: InputFacts,
        outputs: OutputFacts,
        nodes: tuple[NodeFacts, ...],
        models: tuple[ModelFacts, ...],
        metrics: Mapping[str, float],
        look: SecondLook,
    ) -> Record:
        """Put the sections together, and look again at what may have changed meanwhile."""
        code = replace(self._code(run.run_id), changed_during_run=self._changed(look))
        repository = look.repository.result()
        top = repository.top if repository is not None else self.project_path
        code = with_imported(
            self.project_path, code, imported_beside(self.source, top), self.secrets
        )
        if code.elsewhere and run.reproduces is None:
            names = ", ".join(module.name for module in code.elsewhere[:_MOST_NAMED])
            logger.warning(
                "Imported from outside of the repository, which nothing keeps, so that a re-run "
                "lacks it: %s. Put it into the project, or install it as a package.",
                names,
            )
        config = run_config(
            run.options,
            {table.dataset: table.version for table in inputs.tables},
            self.parameters.values,
        )
        used = gather_spark()
        compute: ComputeFacts = gather_compute(
            self.engine,
            used.configuration,
            self.surroundings,
            self.runner,
            # What a run from Python asked its runner for is not told.
            is_async=None if self.command is None else bool(self.options.get("is_async")),
            factors=self.factors,
        )
        installed = self.environment.result()
        environment = replace(
            installed,
            changed_files=with_loaded(installed.changed_files or ()),
            java=used.java,
            jars=used.jars,
            imported_installers=imported_installers(),
        )
        record = Record(
            run=replace(run, config=config),
            code=code,
            configuration=replace(self.configuration.result(), catalog_values=self.catalog_values),
            parameters=self.parameters,
            inputs=inputs,
            outputs=outputs,
            nodes=without_kept_files(nodes, code, self.project_path),
            models=models,
            metrics={name: Metric.of(value) for name, value in metrics.items()},
            environment=environment,
            compute=compute,
            not_compared=self.not_compared,
            is_watched=self.is_watched,
            lakeproof=VERSION,
        )
        return replace(record, problems=problems_of(record))

    @property
    def bundle_data(self) -> bytes | None:
        """The code as a file for the store, where it needs one."""
        bundle = self.bundle.result()
        return bundle.data if isinstance(bundle, Bundle) else None

    def _code(self, run_id: str) -> CodeFacts:
        code, bundle = self.code.result(), self.bundle.result()
        if code.snapshot is None or bundle is None:
            return code
        if isinstance(bundle, str):
            return replace(code, snapshot=replace(code.snapshot, not_bundled=bundle))
        facts = replace(bundle.facts, artifact=place_of(run_id))
        return replace(code, snapshot=replace(code.snapshot, bundle=facts))

    def _changed(self, look: SecondLook) -> tuple[str, ...]:
        """Name what is not as it was at the start; what the run itself has written is not meant."""
        then = {file.path: file.sha256 for file in self.configuration.result().files}
        found = gather_configuration(self.project_path, self._loader, self.secrets)
        now = {file.path: file.sha256 for file in found.files}
        edited = {
            f"{found.source}/{path}"
            for path in then.keys() | now.keys()
            if then.get(path) != now.get(path)
        }
        return tuple(sorted({*look.changed.result(), *edited}))


def _recipe(project_path: Path) -> Recipe:
    """Ask the project's `pyproject.toml`; what that cannot say, `kedro run` has refused."""
    try:
        return find_recipe(project_path) or Recipe()
    except RecipeError as error:
        raise RunError(str(error)) from error


def _parameters_of(catalog: "CatalogProtocol[Any, Any]") -> Any:
    """Give the parameters as the nodes will get them."""
    dataset = catalog.get("parameters")
    return dataset.load() if dataset is not None else None


def _not_compared(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> tuple[str, ...]:
    names = []
    for name in sorted(pipeline.all_outputs()):
        metadata = getattr(catalog.get(name), "metadata", None)
        ours = metadata.get("lakeproof") if isinstance(metadata, Mapping) else None
        if isinstance(ours, Mapping) and ours.get("compare") is False:
            names.append(name)
    return tuple(names)


def _engine(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> str:
    engines = {
        dataset.engine_name
        for name in pipeline.datasets()
        if has_engine(dataset := catalog.get(name))
    }
    return ", ".join(sorted(engines)) or "embedded"
