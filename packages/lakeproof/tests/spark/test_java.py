"""What is wrong with Java is said in seconds, before Spark says it in eighty lines."""

import pytest

from lakeproof.spark.java import Java, require_java
from lakeproof.spark.spark_errors import SparkError


def java_home(tmp_path, monkeypatch, script: str):
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    return java


def test_no_java_at_all_says_what_to_install(tmp_path, monkeypatch):
    """And how to go on without it."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkError, match=r"no `java` on the path.*Install Java 17.*embedded"):
        require_java()


def test_a_java_home_without_java_is_named(tmp_path, monkeypatch):
    """A leftover of an uninstalled one."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkError, match=r"JAVA_HOME is .* cannot be started \(No such file"):
        require_java()


@pytest.mark.parametrize("version", ["1.8.0_292", "11.0.22", "16"])
def test_an_old_java_is_named_with_its_version(tmp_path, monkeypatch, version):
    """Java 8 calls itself 1.8."""
    java_home(tmp_path, monkeypatch, f"""echo 'openjdk version "{version}"' >&2""")
    with pytest.raises(SparkError, match=rf"needs Java 17 or newer; .* is {version}"):
        require_java()


def test_a_java_that_fails_is_quoted(tmp_path, monkeypatch):
    """Such as one for another machine."""
    java_home(tmp_path, monkeypatch, "echo 'cannot execute binary file' >&2; exit 126")
    with pytest.raises(SparkError, match="says: 'cannot execute binary file'"):
        require_java()


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("21", 21), ("25-ea", 25), ("1.8.0_292", 8)]
)
def test_the_release_is_read_from_the_version(version, major):
    """Whatever follows it."""
    assert Java("java", version).major == major
