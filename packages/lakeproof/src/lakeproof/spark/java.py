"""Find the Java that Spark will use, and say what is wrong with it before Spark does."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lakeproof.spark.spark_errors import SparkError

OLDEST = 17
_HOW = (
    "Install Java 17 or 21 (`apt install openjdk-17-jre-headless`, `brew install openjdk@17`) or "
    "set JAVA_HOME to one. Without Java: kedro run --params engine=embedded"
)


@dataclass(frozen=True)
class Java:
    """A Java that answered.

    Args:
        path: Its executable.
        version: As it says itself, such as `17.0.15`.
    """

    path: str
    version: str

    @property
    def major(self) -> int:
        """The number by which releases are known; Java 8 calls itself 1.8."""
        first, _, rest = self.version.partition(".")
        return int(rest.partition(".")[0]) if first == "1" else int(re.split(r"\D", first)[0])


def require_java() -> Java:
    """Find a Java that Spark 4 runs on, as Spark looks for it: `JAVA_HOME`, else the path.

    Raises:
        SparkError: If there is none, it does not start, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    path = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if path is None:
        raise SparkError(f"Spark needs Java, and there is no `java` on the path. {_HOW}")
    try:
        done = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    except OSError as error:
        place = f"JAVA_HOME is {home}, but {path}" if home else path
        raise SparkError(
            f"Spark needs Java; {place} cannot be started ({error.strerror}). {_HOW}"
        ) from error
    said = done.stderr + done.stdout
    found = re.search(r'version "([^"]+)"', said)
    if done.returncode != 0 or not found:
        raise SparkError(f"Spark needs Java; {path} -version says: {said.strip()[:300]!r}. {_HOW}")
    java = Java(path, found[1])
    if java.major < OLDEST:
        raise SparkError(f"Spark needs Java {OLDEST} or newer; {path} is {java.version}. {_HOW}")
    return java
