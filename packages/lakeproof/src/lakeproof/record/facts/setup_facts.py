"""On what a run ran: interpreter, libraries, machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Distribution:
    """An installed distribution.

    Args:
        name: Normalised (PEP 503).
        version: As it calls itself.
        origin: `None` from an index; `project` for this project itself; `editable` for another one;
            else the address it was installed from, without credentials.
        digest: Of a file of this machine, or of the Python sources of a folder of it: `sha256:…`.
        path: Where either lies, from the top of the project's repository; `None` where it lies
            outside. Of a folder, the one from which it is imported.
    """

    name: str
    version: str
    origin: str | None = None
    digest: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class ChangedFile:
    """An installed file that is not what was installed.

    Args:
        distribution: Whose file it should be, normalised; `None` where it is nobody's.
        path: Relative to the folder of installed packages.
        digest: `sha256:…`; `None` where it is gone.
        is_loaded: Whether it had a say: a module of nobody's was imported by the run's end, or runs
            at every start. Of a distribution's file that is taken for granted.
    """

    distribution: str | None
    path: str
    digest: str | None
    is_loaded: bool = True


@dataclass(frozen=True)
class EnvironmentFacts:
    """The interpreter and what was installed.

    Args:
        implementation: `CPython`.
        python: `3.11.9`.
        build: Compiler and build date of the interpreter.
        distributions: Sorted by name.
        locks: `sha256:…` by path, relative to the project, of the requirements files.
        java: The version of the JVM, where one was used.
        jars: Digest by file name of the Delta jars, where they were used.
        imported_installers: Those of pip, setuptools, uv and wheel that were imported by the run's
            end; `None` where nobody looked.
        changed_files: Installed files that are not those of their distributions, at most 200;
            `None` where nobody looked.
    """

    implementation: str
    python: str
    build: str
    distributions: tuple[Distribution, ...]
    locks: Mapping[str, str]
    java: str | None = None
    jars: Mapping[str, str] = field(default_factory=dict)
    imported_installers: tuple[str, ...] | None = None
    changed_files: tuple[ChangedFile, ...] | None = None


@dataclass(frozen=True)
class Library:
    """A native thread pool that was loaded, as threadpoolctl tells it.

    Args:
        user_api: `blas`, `openmp` or `polars`.
        internal_api: `openblas`, `mkl`, `openmp`, `polars`.
        version: Of the library.
        architecture: The kernel that it chose for this CPU, such as `Haswell`.
        threads: How many it used.
    """

    user_api: str
    internal_api: str
    version: str | None
    architecture: str | None
    threads: int


@dataclass(frozen=True)
class Surroundings:
    """What lay around the process when the run began, and is restored in a re-run.

    Args:
        time_zone: `Europe/Berlin`, of the variable `TZ` or else of the machine; `None` where it has
            no name.
        locale: In force, as `setlocale` gives it.
        variables: `TZ`, those of the locale and those of Python that were set, by name.
        umask: `0022`; `None` where the system does not tell.
        c_library: `glibc 2.36`; it cannot be restored.
    """

    time_zone: str | None
    locale: str
    variables: Mapping[str, str]
    umask: str | None
    c_library: str | None


@dataclass(frozen=True)
class ComputeFacts:
    """The machine and how it was used; factors of a result, never a reason to refuse a re-run.

    Args:
        engine: `embedded` or `spark`.
        engine_configuration: What was in force.
        recipe: How the settings below came to be: `set at start`, `opted out` or `as found` (a run
            that was not started by `kedro run` on a command line).
        threads: The environment variables that decide threads, kernels and the hash seed, by name.
        libraries: The native thread pools, and Polars'.
        cpu: The model.
        machine: `x86_64`.
        cores: Those this process may use.
        memory_gib: Of the machine, rounded.
        os: Name and release of the system.
        surroundings: Time zone, locale and the like; `None` where nobody looked.
        runner: The class that ran the nodes; `None` where nobody looked.
        is_async: Whether it loaded and saved in threads beside the nodes.
        factors: What the project's own factors said, by their names.
    """

    engine: str
    engine_configuration: Mapping[str, str]
    recipe: str
    threads: Mapping[str, str | None]
    libraries: tuple[Library, ...]
    cpu: str
    machine: str
    cores: int
    memory_gib: int
    os: str
    surroundings: Surroundings | None = None
    runner: str | None = None
    is_async: bool | None = None
    factors: Mapping[str, str] = field(default_factory=dict)
