"""Environments of the tests' own making, from the one that runs them."""

from dataclasses import replace

from lakeproof.record.facts import Distribution, EnvironmentFacts


def keep(facts: EnvironmentFacts, *names: str) -> EnvironmentFacts:
    """Leave the distributions of these names."""
    return replace(
        facts, distributions=tuple(each for each in facts.distributions if each.name in names)
    )


def with_version(
    facts: EnvironmentFacts, name: str, version: str, origin: str | None = None
) -> EnvironmentFacts:
    """Put a distribution in, or in the place of the one of that name."""
    others = [each for each in facts.distributions if each.name != name]
    changed = (*others, Distribution(name, version, origin))
    return replace(facts, distributions=tuple(sorted(changed, key=lambda each: each.name)))
