"""Another code on a recorded run's data, parameters and environment: a run that nobody has made.

Not for what comes of it (`comparison.meant.other_code`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from lakeproof.record.facts import (
    CodeFacts,
    ConfigurationFacts,
    ParameterFacts,
    Record,
    leaves,
)
from lakeproof.record.run.problems import problems_of
from lakeproof.record.setup.parameters import FROM_COMMAND


def on_inputs_of(
    record: Record,
    code: CodeFacts,
    configuration: ConfigurationFacts,
    parameters: Mapping[str, Any],
) -> Record:
    """Compose a run of another code and a record's data, parameters and environment.

    Args:
        record: Of a run that finished.
        code: The other code.
        configuration: What belongs to it.
        parameters: As that configuration has them: of those that the record does not know.
    """
    recorded = record.parameters
    given = {name for name, source in recorded.sources.items() if source == FROM_COMMAND}
    values = _laid_over(parameters, recorded.values, given)
    names = {name for name, _ in leaves(values)}
    mixed = replace(
        record,
        code=replace(code, search=record.code.search),
        configuration=configuration,
        parameters=ParameterFacts(
            values,
            {name: recorded.sources.get(name, "the code under test") for name in names},
            tuple(name for name in recorded.redacted if name in names),
        ),
    )
    return replace(mixed, problems=problems_of(mixed))


def _laid_over(
    today: Mapping[Any, Any], recorded: Mapping[Any, Any], given: Collection[str], name: str = ""
) -> dict[Any, Any]:
    """Give the recorded value of each parameter that the code has, and of those that were given."""
    found: dict[Any, Any] = {}
    for key, value in today.items():
        dotted = f"{name}.{key}" if name else str(key)
        then = recorded.get(key, value)
        is_branch = isinstance(value, Mapping) and isinstance(then, Mapping)
        found[key] = _laid_over(value, then, given, dotted) if is_branch else then
    for key, value in recorded.items():
        dotted = f"{name}.{key}" if name else str(key)
        if key not in today and any(f"{one}.".startswith(f"{dotted}.") for one in given):
            found[key] = value
    return found


def unused_parameters(today: Mapping[Any, Any], used: ParameterFacts) -> Iterator[str]:
    """Say which parameters the code under test has otherwise than the run, whose count.

    What the run was given on its command line is otherwise than in any configuration.
    """
    ours, theirs = dict(leaves(today)), dict(leaves(used.values))
    for name, value in ours.items():
        if used.sources.get(name) == FROM_COMMAND or name in used.redacted:
            continue
        if name in theirs and (type(value), value) != (type(theirs[name]), theirs[name]):
            yield (
                f"The configuration under test has another parameter '{name}' ({value!r}); the "
                f"run's, {theirs[name]!r}, was used."
            )
