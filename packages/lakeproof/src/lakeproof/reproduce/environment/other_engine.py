"""What a run needs besides its own environment to be re-run on the other engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lakeproof.record.code.git import GitError, ask
from lakeproof.record.facts import Distribution, EnvironmentFacts, Record
from lakeproof.record.setup.environment import normalised
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError

_LOCK = "requirements/spark.txt"


@dataclass(frozen=True)
class AskedEngine:
    """The engine on which to re-run a run, where that is not left to the record.

    Args:
        name: `embedded` or `spark`.
        spark: Today's `spark.yml`, for Spark.
    """

    name: str
    spark: Mapping[str, str] | None = None


def environment_on(engine: str | None, record: Record, project_path: Path) -> EnvironmentFacts:
    """Add to a run's environment what the recorded commit's lock says Spark needs.

    What the run had stays at its versions: each lock is made within the bounds of the smaller one.

    Args:
        engine: Instead of the recorded one.
        record: Of the run.
        project_path: The user's project, whose repository has the commit.

    Raises:
        EnvironmentMissingError: If the commit has no such lock.
    """
    recorded = record.environment
    if engine != "spark":
        return recorded
    names = {found.name for found in recorded.distributions}
    if "pyspark" in names:
        return recorded
    place = PurePosixPath(record.code.prefix, _LOCK)
    try:
        lock = ask(project_path, "show", f"{record.code.kept_commit}:{place}").decode("utf-8")
    except GitError as error:
        raise EnvironmentMissingError(
            f"The run's commit {str(record.code.commit)[:8]} has no {_LOCK} that would say which "
            "Spark goes with it"
        ) from error
    added = [found for found in _pinned(lock) if found.name not in names]
    distributions = sorted([*recorded.distributions, *added], key=lambda found: found.name)
    return replace(recorded, distributions=tuple(distributions))


def _pinned(lock: str) -> list[Distribution]:
    """Read the distributions of a lock that are for this machine."""
    from packaging.requirements import Requirement

    found = []
    for line in lock.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        wanted = Requirement(line.partition(" --hash")[0].partition(" #")[0].strip())
        if wanted.marker is None or wanted.marker.evaluate():
            version = str(wanted.specifier).removeprefix("==")
            found.append(Distribution(normalised(wanted.name), version, None))
    return found
