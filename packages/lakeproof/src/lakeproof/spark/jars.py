"""The Delta jars: named and hashed in a committed file, resolved once, checked each time.

`python -m lakeproof.spark.jars` fetches them, for `make spark` and for a machine that will have no
network later.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.inside import inside
from lakeproof.spark.spark_errors import SparkError

logger = logging.getLogger(__name__)

_LINE = re.compile(r"([\w.-]+:[\w.-]+:[\w.+-]+)\s+--hash=sha256:([0-9a-f]{64})$")
# What the resolver would bring besides: second copies of what Spark has, and other catalogs.
_NOT_NEEDED = (
    "io.unitycatalog:*,org.apache.hadoop:*,org.apache.parquet:*,com.fasterxml.jackson.core:*,"
    "org.apache.logging.log4j:*,io.delta:delta-kernel*"
)
_RESOLVER = ("spark.jars.repositories", "spark.jars.ivySettings", "spark.jars.ivy")


@dataclass(frozen=True)
class Jar:
    """One line of the lock.

    Args:
        coordinate: `group:name:version`.
        sha256: Of its bytes, in hexadecimal.
    """

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name under which it is kept and recorded."""
        _, name, version = self.coordinate.split(":")
        return f"{name}-{version}.jar"

    @property
    def path(self) -> Path:
        """Where it is kept, for all projects of this user."""
        return inside(_cache(), f"{self.sha256[:16]}/{self.file_name}")


def read_lock(path: Path) -> list[Jar]:
    """Read the jars that a project's lock names.

    Raises:
        SparkError: If it is missing, empty, or a line is not a coordinate with its sha256.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SparkError(
            f"The list of Delta jars, {path}, cannot be read ({error.strerror}). Spark was not "
            f"started. Get it back: git checkout -- {path.parent.name}/{path.name}"
        ) from error
    jars = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line.strip())
        if not match:
            raise SparkError(
                f"Line {number} of {path.name} is not `group:name:version --hash=sha256:…`: "
                f"{line[:200]!r}. Spark was not started."
            )
        jars.append(Jar(match[1], match[2]))
    if not jars:
        raise SparkError(f"{path.name} names no jar. Spark was not started.")
    return jars


def locked_jars(lock: Path, conf: Mapping[str, str]) -> list[Jar]:
    """Give the jars of a lock, from the cache where it has them, each checked against its sha256.

    Args:
        lock: The project's list.
        conf: Spark's settings, for a mirror that the user named there.

    Raises:
        SparkError: If one cannot be fetched or is not the one that the lock names.
    """
    jars = read_lock(lock)
    if absent := [jar for jar in jars if not jar.path.is_file()]:
        _resolve(absent, conf)
    for jar in jars:
        _require(jar, jar.path)
    return jars


def _resolve(jars: list[Jar], conf: Mapping[str, str]) -> None:
    """Fetch jars with Spark's own resolver, so that a user's mirror and proxy settings hold."""
    from pyspark.find_spark_home import _find_spark_home

    logger.warning(
        "Fetching %s once, with Spark's resolver.", " and ".join(jar.file_name for jar in jars)
    )
    with tempfile.TemporaryDirectory(prefix="lakeproof-jars-") as folder:
        nothing = Path(folder) / "nothing.py"
        nothing.write_text("pass\n", encoding="utf-8")
        chosen = {"spark.jars.ivy": f"{folder}/ivy"}
        chosen |= {key: conf[key] for key in _RESOLVER if key in conf}
        chosen["spark.jars.packages"] = ",".join(jar.coordinate for jar in jars)
        own = {jar.coordinate.partition(":")[0] for jar in jars}
        chosen["spark.jars.excludes"] = ",".join(
            one for one in _NOT_NEEDED.split(",") if one.partition(":")[0] not in own
        )
        command = [str(Path(_find_spark_home()) / "bin" / "spark-submit"), "--master", "local[1]"]
        for key, value in chosen.items():
            command += ["--conf", f"{key}={value}"]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
        done = subprocess.run(
            [*command, str(nothing)], capture_output=True, text=True, env=environment, check=False
        )
        for jar in jars:
            group, name, version = jar.coordinate.split(":")
            fetched = Path(chosen["spark.jars.ivy"]) / "jars" / f"{group}_{name}-{version}.jar"
            if not fetched.is_file():
                raise SparkError(
                    f"The Delta jar {jar.coordinate} could not be fetched. Spark was not started. "
                    "Name a mirror in spark.yml (spark.jars.repositories, spark.jars.ivySettings), "
                    f"or put the jar at {jar.path}. The resolver said: {_reason(done.stderr)}"
                )
            _require(jar, fetched)
            _keep(fetched, jar.path)


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if "unresolved" in line.lower() or "exception" in line.lower()]
    return " ".join((told or lines[-3:])[:4])[:500]


def _keep(fetched: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.copyfile(fetched, beside)
    beside.replace(target)


def _require(jar: Jar, path: Path) -> None:
    """Refuse a jar that is not, byte for byte, the one of the lock."""
    found = sha256_of(path)
    if found != jar.sha256:
        raise SparkError(
            f"The jar {path} is not the {jar.coordinate} of the lock: its sha256 is {found}, "
            f"expected {jar.sha256}. Spark was not started; the file was left as it is. Delete it "
            "and run again; if it comes back, ask whoever runs your mirror."
        )


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lakeproof" / "jars"


def _main(project: Path) -> None:
    """Fetch the jars of a project, by the mirror that its own spark.yml names."""
    from kedro.config import OmegaConfigLoader

    from lakeproof.spark.java import require_java
    from lakeproof.spark.settings import SparkSettings

    loader = OmegaConfigLoader(
        str(project / "conf"),
        base_env="base",
        default_run_env="local",
        config_patterns={"spark": ["spark*", "spark*/**"]},
    )
    require_java()
    lock = project / "requirements" / "jars.txt"
    settings = SparkSettings.from_config(loader["spark"], lock)
    for one in settings.jar_locks:
        for kept in locked_jars(one, settings.conf):
            print(f"{kept.file_name}: {kept.path.stat().st_size / 2**20:.1f} MB, as locked")


if __name__ == "__main__":
    logging.basicConfig(level="WARNING", format="%(message)s")
    try:
        _main(Path.cwd())
    except SparkError as refusal:
        refusal.show()
        sys.exit(1)
