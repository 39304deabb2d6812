"""All factors of the set-up, and where a project adds its own."""

from collections.abc import Callable
from typing import TypeVar

from lakeproof.errors import RunError
from lakeproof.record.factors import engine, machine, surroundings, threads
from lakeproof.record.factors.setup_factor import NOT_LOOKED, SetupFactor
from lakeproof.record.facts import ComputeFacts

_MOST_CHARACTERS = 1_000

# In the order in which they are compared and shown: likeliest first. Another one is another file
# and its name here.
FACTORS: tuple[SetupFactor, ...] = (
    *threads.FACTORS,
    *surroundings.FACTORS,
    *engine.FACTORS,
    *machine.FACTORS,
)

_collectors: dict[str, Callable[[], object]] = {}
Collect = TypeVar("Collect", bound=Callable[[], object])


def factor(name: str) -> Callable[[Collect], Collect]:
    """Add a factor: what the function says when a run begins is recorded and compared.

    Say it in `settings.py`, or in a module that it imports, so that a re-run has it too. It is
    called once, in the process of the run and before its first node; what it gives is recorded as
    text. A re-run does not restore it: where it is another one then, the run is REPRODUCED and the
    verdict names it.

    Args:
        name: Of the factor, as verdicts are to call it.

    Raises:
        RunError: If a factor has that name already, or the name is one of a kind.

    Example:
        ::

            @factor("lab")
            def which_lab() -> str:
                return os.environ.get("LAB", "none")
    """
    if ":" in name or not name.isprintable() or not name.strip():
        raise RunError(f"A factor cannot be called {name!r}: give it a few plain words.")
    if name in {one.name for one in FACTORS}:
        raise RunError(f"Lakeproof has a factor '{name}' already. Call yours otherwise.")

    def register(collect: Collect) -> Collect:
        # Again, where a module is imported again.
        _collectors[name] = collect
        return collect

    return register


def collected() -> dict[str, str]:
    """Ask each of the project's own factors.

    Raises:
        RunError: If one cannot say, naming it.
    """
    found = {}
    for name, collect in sorted(_collectors.items()):
        try:
            found[name] = str(collect())[:_MOST_CHARACTERS]
        except Exception as error:
            raise RunError(
                f"The factor '{name}' cannot be told: {type(error).__name__}: {error}. Nothing was "
                f"run. Correct {collect.__module__}, or take the factor out of it."
            ) from error
    return found


def forget(name: str) -> None:
    """Take a factor of the project's own away."""
    _collectors.pop(name, None)


def factors_of(*computes: ComputeFacts) -> tuple[SetupFactor, ...]:
    """List the factors of records: Lakeproof's, and whatever a project has added to them."""
    added = dict.fromkeys(name for one in computes for name in one.factors)
    return (*FACTORS, *(_added(name) for name in added))


def _added(name: str) -> SetupFactor:
    return SetupFactor(name, lambda found: found.factors.get(name, NOT_LOOKED), name)
