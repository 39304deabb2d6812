"""Which files of the configuration are recorded."""

import shutil
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.setup.configuration import credential_values, gather_configuration

# Kedro 1.7 registers its resolvers in a way that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

NONE = Secrets.of([], {})
FILES = {
    "logging.yml": "version: 1\n",
    "base/catalog.yml": "table: {type: MemoryDataset}\n",
    "base/parameters/train.yml": "seed: 1\n",
    "base/credentials.yml": "db: {user: bob, password: swordfish, port: 5432, pin: 20251231}\n",
    "base/credentials/more.yml": "lake: {endpoint_url: 'http://x', keys: [first-key, AAbb]}\n",
    "base/sub/credentials_too.yml": "other: {con: 'postgresql://bob:walrus12@host/db'}\n",
    "base/.hidden.yml": "x: 1\n",
    "base/.ipynb_checkpoints/catalog.yml": "x: 1\n",
    "base/catalog.yml~": "x: 1\n",
    "base/query.sql": "select 1\n",
    "local/.gitkeep": "",
    "local/parameters.yml": "seed: 2\n",
    "local/spark.yml": "spark.hadoop.fs.s3a.secret.key: abcdefgh\n",
    "other/parameters.yml": "seed: 3\n",
    "credentials.yml": "x: 1\n",
}


@pytest.fixture
def project(tmp_path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "project/conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "project"


def loader(source: Path | str, env: str | None = None) -> OmegaConfigLoader:
    return OmegaConfigLoader(str(source), env, base_env="base", default_run_env="local")


def test_every_file_of_both_environments_but_credentials(project):
    """Those beside the environments too; no hidden file, no editor's backup, no other one."""
    facts = gather_configuration(project, loader(project / "conf"), NONE)
    assert facts.source == "conf"
    assert facts.environments == ("base", "local")
    assert [file.path for file in facts.files] == [
        *("base/catalog.yml", "base/parameters/train.yml", "base/query.sql"),
        *("local/parameters.yml", "local/spark.yml", "logging.yml"),
    ]
    assert {file.path: file.text for file in facts.files if not file.withheld} == {
        name: FILES[name] for name in FILES if name in {file.path for file in facts.files[:4]}
    } | {"logging.yml": "version: 1\n"}


def test_a_file_with_a_secret_is_there_by_digest_only(project):
    """And says why, without the secret."""
    facts = gather_configuration(project, loader(project / "conf"), NONE)
    (withheld,) = (file for file in facts.files if file.withheld)
    assert (withheld.path, withheld.text, withheld.base64) == ("local/spark.yml", None, None)
    assert "spark.hadoop.fs.s3a.secret.key" in withheld.withheld
    assert "abcdefgh" not in withheld.withheld
    assert withheld.size == len(FILES["local/spark.yml"])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "smtp_pass: hunter-two\n",
            "mail: {otp: hunter-two}\n",
            "url: jdbc:x://h/d;password=hunter2;\n",
        ),
        *("headers: {Authorization: 'Basic aHVudGVyMg=='}\n", "url: 'https://h/x?sig=hunter2'\n"),
        *("key: " + "dop_" + "v1_" + "0f" * 32 + "\n", "note: c3dvcmRmaXNo\n"),
    ],
)
def test_a_local_file_with_any_kind_of_secret_is_there_by_digest_only(project, text):
    """By name, by pattern, by a known value in base64."""
    (project / "conf/local/parameters.yml").write_text(text)
    known = Secrets.of(["swordfish"], {})
    facts = gather_configuration(project, loader(project / "conf"), known)
    (content,) = (file for file in facts.files if file.path == "local/parameters.yml")
    assert content.withheld
    assert (content.text, content.base64, content.size) == (None, None, len(text))
    assert not {"hunter-two", "hunter2", "aHVudGVyMg=="} & set(content.withheld.split())


def test_the_digest_sees_every_file_and_no_credentials(project):
    """The one of a withheld file too."""
    before = gather_configuration(project, loader(project / "conf"), NONE).digest
    (project / "conf/base/credentials.yml").write_text("db: {password: another}\n")
    (project / "conf/other/parameters.yml").write_text("seed: 4\n")
    assert gather_configuration(project, loader(project / "conf"), NONE).digest == before
    (project / "conf/local/spark.yml").write_text("spark.hadoop.fs.s3a.secret.key: ijklmnop\n")
    assert gather_configuration(project, loader(project / "conf"), NONE).digest != before


def test_the_environment_that_was_asked_for(project):
    """In place of the default one; the base one alone is one."""
    other = gather_configuration(project, loader(project / "conf", "other"), NONE)
    assert other.environments == ("base", "other")
    assert "other/parameters.yml" in {file.path for file in other.files}
    assert "local/parameters.yml" not in {file.path for file in other.files}
    assert gather_configuration(project, loader(project / "conf", "base"), NONE).environments == (
        "base",
    )


def test_patterns_of_the_project_say_what_credentials_are(project):
    """Beside Kedro's own."""
    configured = OmegaConfigLoader(
        str(project / "conf"),
        base_env="base",
        default_run_env="local",
        config_patterns={"credentials": ["catalog*"]},
    )
    facts = gather_configuration(project, configured, NONE)
    paths = {file.path for file in facts.files}
    assert paths.isdisjoint({"base/catalog.yml", "base/credentials.yml"})
    assert "local/parameters.yml" in paths


def test_a_configuration_elsewhere(project, tmp_path):
    """A folder is named by its place; an archive is there by digest."""
    (project / "conf").rename(tmp_path / "elsewhere")
    facts = gather_configuration(project, loader(tmp_path / "elsewhere"), NONE)
    assert facts.source == (tmp_path / "elsewhere").as_posix()
    assert "base/catalog.yml" in {file.path for file in facts.files}
    for kind in ("zip", "gztar"):
        archive = shutil.make_archive(str(project / "conf"), kind, tmp_path, "elsewhere")
        (content,) = gather_configuration(project, loader(archive), NONE).files
        assert (content.text, content.base64) == (None, None)
        assert (content.path, content.withheld) == (Path(archive).name, "it is an archive")
        assert len(content.sha256) == 64


def test_known_values_are_what_the_credentials_hold(project):
    """All files of them, lists and numbers too; users, ports and endpoints are no secrets."""
    (project / "conf/credentials.yml").unlink()
    assert set(credential_values(loader(project / "conf"))) == {
        *("swordfish", "20251231", "first-key", "AAbb", "postgresql://bob:walrus12@host/db")
    }


def test_a_project_without_credentials(tmp_path):
    """Knows no values; that is no error."""
    (tmp_path / "conf/base").mkdir(parents=True)
    (tmp_path / "conf/local").mkdir()
    assert credential_values(loader(tmp_path / "conf")) == ()
    assert gather_configuration(tmp_path, loader(tmp_path / "conf"), NONE).files == ()
