"""What a model needs to be loaded elsewhere, as MLflow takes it: without hashes or markers."""

from pathlib import Path


def locked_versions(lock: Path) -> list[str]:
    """Read `name==version` of every distribution that a lock has for this platform."""
    from packaging.requirements import Requirement

    versions = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        text = line.rstrip("\\ ").strip()
        if not text or text.startswith(("#", "--")):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate():
            versions.append(f"{requirement.name}{requirement.specifier}")
    return versions


def installed_versions() -> list[str]:
    """Name the installed versions of what loads and serves a skops file, where there is no lock."""
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "skops")]
