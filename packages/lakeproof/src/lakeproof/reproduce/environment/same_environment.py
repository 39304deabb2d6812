"""Is this the environment of a run, and what differs; how to build it is `rebuild`'s."""

from collections.abc import Iterator

from lakeproof.record.facts import ChangedFile, Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import EDITABLE, PROJECT
from lakeproof.reproduce.outcomes import Factor

# What virtual environments are made with.
INSTALLERS = frozenset({"pip", "setuptools", "uv", "wheel"})


def is_needed(recorded: EnvironmentFacts, name: str) -> bool:
    """Tell whether a run may have had a use for a distribution, though it is an installer's."""
    if name not in INSTALLERS:
        return True
    if recorded.imported_installers is None:
        # Nobody looked; of them all, code imports this one.
        return name == "setuptools"
    return name in recorded.imported_installers


def is_same(recorded: EnvironmentFacts, here: EnvironmentFacts) -> bool:
    """Tell whether every recorded distribution is here at its version, and the interpreter.

    What is installed beside them does not count, nor does the interpreter's build: they are
    factors.
    """
    return not any(
        each.is_setup and each.factor.partition(":")[0] in ("python", "package", "installed")
        for each in differences(recorded, here)
    )


def patched(recorded: EnvironmentFacts) -> tuple[str, ...]:
    """Name the packages of which a run had other files than they bring, with those files.

    Nobody can have those files from an index, though they may still lie here.
    """
    return tuple(
        f"{each.distribution} ({each.path})"
        for each in recorded.changed_files or ()
        if each.distribution is not None
    )


def differences(recorded: EnvironmentFacts, here: EnvironmentFacts) -> tuple[Factor, ...]:
    """Name what is not the same; a distribution that is only here leaves the set-up as it was.

    The project itself is left out: its code has its own digest.
    """
    own = _own_names(recorded) | _own_names(here)
    then, now = by_name(recorded, own), by_name(here, own)
    pairs = {
        "python": (interpreter_of(recorded), interpreter_of(here)),
        "python build": (recorded.build, here.build),
        "java": (recorded.java, here.java),
    }
    for name in sorted({*then, *now}):
        pairs[f"package:{name}"] = (described(then.get(name)), described(now.get(name)))
    for name in sorted({*recorded.jars, *here.jars}):
        pairs[f"jar:{name}"] = (recorded.jars.get(name), here.jars.get(name))
    for name in then.keys() & now.keys():
        one, other = then[name], now[name]
        if not (is_local(one) and is_local(other)):
            continue
        factor = f"package:{name}"
        if one.digest and other.digest:
            # A wheel may lie elsewhere, and a folder be installed in another way.
            pairs[factor] = _with_digest(one), _with_digest(other)
        elif one.origin == other.origin == EDITABLE:
            # Its version says little of its code, of which nothing is known.
            pairs[factor] = described(one), f"{described(other)}, whose code may be another"
    return (
        *(
            Factor(
                factor,
                expected,
                actual,
                is_setup=expected is not None
                and is_needed(recorded, name := factor.removeprefix("package:"))
                # Its code is the recorded one, wherever the re-run is.
                and not (name in then and comes_with_the_code(then[name])),
            )
            for factor, (expected, actual) in pairs.items()
            if expected != actual
        ),
        *_changed_files(recorded, here),
    )


def _changed_files(recorded: EnvironmentFacts, here: EnvironmentFacts) -> Iterator[Factor]:
    """Name the installed files that are not what was installed, where only one side has them."""
    if recorded.changed_files is None or here.changed_files is None:
        return
    then = {each.path: each for each in recorded.changed_files}
    now = {each.path: each for each in here.changed_files}
    for path in sorted({*then, *now}):
        one, other = then.get(path), now.get(path)
        if one is not None and other is not None and one.digest == other.digest:
            continue
        known = one or other
        assert known is not None
        factor = f"installed:{path}"
        if known.distribution is not None:
            factor = f"package:{known.distribution} (changed: {path})"
        elif not any(each is not None and each.is_loaded for each in (one, other)):
            continue
        yield Factor(factor, _file(one), _file(other), is_setup=True)


def _file(changed: ChangedFile | None) -> str | None:
    return (changed.digest or "gone") if changed is not None else None


def by_name(facts: EnvironmentFacts, but: frozenset[str] = frozenset()) -> dict[str, Distribution]:
    """Give the distributions but for the project itself, whose code has its own digest."""
    return {
        found.name: found
        for found in facts.distributions
        if found.origin != PROJECT and found.name not in but
    }


def is_local(found: Distribution) -> bool:
    """Tell whether it came from a file or a folder of a machine."""
    return found.origin is not None and (
        found.origin == EDITABLE or found.origin.startswith("file:")
    )


def is_wheel(found: Distribution) -> bool:
    """Tell whether it came from a file that uv can install as it is."""
    return is_local(found) and str(found.origin).partition("#")[0].endswith(".whl")


def comes_with_the_code(found: Distribution) -> bool:
    """Tell whether it is developed in the project's repository, so that its commit has it."""
    return found.origin == EDITABLE and found.path is not None


def _with_digest(found: Distribution) -> str:
    return f"{found.version} ({found.digest})"


def _own_names(facts: EnvironmentFacts) -> frozenset[str]:
    return frozenset(found.name for found in facts.distributions if found.origin == PROJECT)


def described(found: Distribution | None) -> str | None:
    """Give the version, and the origin where it is not an index."""
    origin = f" ({found.origin})" if found and found.origin else ""
    return f"{found.version}{origin}" if found else None


def interpreter_of(facts: EnvironmentFacts) -> str:
    """Name the interpreter as people do: CPython is the one that needs no name."""
    return f"{facts.implementation} {facts.python}".removeprefix("CPython ")
