"""The jars are those of the lock, or there are none."""

import shutil
from pathlib import Path

import pytest

from lakeproof.checksum import sha256_of
from lakeproof.spark.jars import Jar, locked_jars, read_lock
from lakeproof.spark.spark_errors import SparkError

LOCK = Path(__file__).parents[4] / "requirements" / "jars.txt"


@pytest.fixture
def cached(tmp_path, monkeypatch) -> tuple[Path, Jar]:
    """A lock of one small jar, and a cache that has it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = tmp_path / "made.jar"
    made.write_bytes(b"classes")
    jar = Jar("org.example:made:1.0", sha256_of(made))
    jar.path.parent.mkdir(parents=True)
    shutil.copy(made, jar.path)
    lock = tmp_path / "jars.txt"
    lock.write_text(f"# why\n\n{jar.coordinate} --hash=sha256:{jar.sha256}\n")
    return lock, jar


def test_the_projects_lock_names_the_two_jars_that_delta_needs():
    """By coordinate and sha256."""
    assert [jar.coordinate for jar in read_lock(LOCK)] == [
        "io.delta:delta-spark_4.2_2.13:4.4.0",
        "io.delta:delta-storage:4.4.0",
    ]


def test_a_cached_jar_is_given_without_asking_anybody(cached):
    """Neither Java nor a network is needed for it."""
    lock, jar = cached
    assert [found.path for found in locked_jars(lock, {})] == [jar.path]


def test_a_jar_of_other_bytes_is_refused_and_left_as_it_is(cached):
    """With both digests."""
    lock, jar = cached
    jar.path.write_bytes(b"other classes")
    with pytest.raises(SparkError, match=rf"is {sha256_of(jar.path)}, expected {jar.sha256}"):
        locked_jars(lock, {})
    assert jar.path.read_bytes() == b"other classes"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("org.example:made:1.0\n", "Line 1 of jars.txt is not"),
        ("# nothing\norg.example:made:1.0 --hash=md5:00\n", "Line 2 of jars.txt is not"),
        ("# nothing\n", "names no jar"),
        (f"org.example:made:/../../x --hash=sha256:{'0' * 64}\n", "Line 1 of jars.txt is not"),
        (f"../x:made:1 --hash=sha256:{'0' * 64}\n", "Line 1 of jars.txt is not"),
    ],
)
def test_a_lock_that_pins_nothing_is_refused(tmp_path, text, words):
    """A jar without its digest could be any."""
    lock = tmp_path / "jars.txt"
    lock.write_text(text)
    with pytest.raises(SparkError, match=words):
        read_lock(lock)


def test_a_missing_lock_says_how_to_get_it_back(tmp_path):
    """It is a committed file."""
    with pytest.raises(SparkError, match=r"git checkout -- requirements/jars\.txt"):
        read_lock(tmp_path / "requirements" / "jars.txt")


@pytest.mark.spark
def test_a_jar_that_cannot_be_resolved_is_named_with_the_mirror_setting(tmp_path, monkeypatch):
    """Asked of a repository that does not answer, through Spark's own resolver."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = tmp_path / "jars.txt"
    lock.write_text(f"org.example:nowhere:1.0 --hash=sha256:{'0' * 64}\n")
    settings = tmp_path / "ivysettings.xml"
    settings.write_text(
        "<ivysettings><settings defaultResolver='none'/><resolvers>"
        f"<filesystem name='none'><artifact pattern='{tmp_path}/[artifact].[ext]'/></filesystem>"
        "</resolvers></ivysettings>"
    )
    with pytest.raises(SparkError, match=r"org\.example:nowhere:1\.0 could not be fetched.*mirror"):
        locked_jars(lock, {"spark.jars.ivySettings": str(settings)})
