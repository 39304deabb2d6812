"""`kedro explain`: have the mixes of two recorded runs and say what each difference did."""

import os
from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from lakeproof.explain.doubt.chance import chance_of
from lakeproof.explain.explanation import Commit, Explanation
from lakeproof.explain.find.between import code_between
from lakeproof.explain.mixes.facts import Step
from lakeproof.explain.whole import Run, Wish, explain
from lakeproof.record.facts import leaves

if TYPE_CHECKING:
    from lakeproof.commands.project import RunProject
    from lakeproof.record.facts import Record
    from lakeproof.versioned.table_version import VersionFacts


def gather(
    project: "RunProject",
    runs: tuple[str, str],
    wish: Wish,
    is_here: bool,
    say: Callable[[str], None],
) -> Explanation:
    """Read two records and explain why their metrics differ.

    Args:
        project: The user's project, of which nothing is changed but that mixes are kept.
        runs: A and B: an id, a prefix of one, or `last`.
        wish: What was asked for.
        is_here: Take today's interpreter and libraries for every mix.
        say: Gets progress, a line at a time.

    Raises:
        LakeproofError: If there is no such run, or one has no result.
    """
    from lakeproof.commands.reproduce import finished
    from lakeproof.explain.mixes.mixes import Mixes
    from lakeproof.reproduce.stages.fork.forks import Forks
    from lakeproof.reproduce.stages.scratch import Scratch

    # Both names before either record: a mistyped name is told at once.
    run_ids = [project.records.resolve(run) for run in runs]
    a, b = (finished(project, run_id) for run_id in run_ids)

    def tell(step: Step) -> None:
        say(f"  {step.does}")

    # A column may be declared in the environment of one of them alone.
    personal = project.personal_in(a.run.kedro_env, b.run.kedro_env) if wish.shows_rows else ()
    if personal:
        say(f"Rows are not shown: {', '.join(sorted(personal))} is personal in the catalog.")
        wish = replace(wish, shows_rows=False)
    # What re-runs print would drown what comes of them.
    chatter = say if os.environ.get("LAKEPROOF_DEBUG") else lambda _: None
    first, second = _run(a), _run(b)
    chance = chance_of([*first.parameters, *second.parameters], _named(project))

    def history(table: str) -> "list[VersionFacts]":
        found = project.locate_in(b.run.kedro_env)(table)
        return list(found.history()) if found is not None else []

    def commits() -> list[Commit]:
        return code_between(project.path, a.code, b.code)

    shared = Scratch(project.path, f"nodes-{a.run.run_id[:8]}-{token_hex(4)}")
    with Forks() as forks, shared:
        given = chatter, tell, is_here, forks.start, wish.finds, shared.path
        mixes = Mixes(project, a, b, *given)
        return explain(mixes, (first, second), wish, chance, say, history, commits)


def _run(record: "Record") -> Run:
    tables = {one.dataset: one.version for one in record.inputs.tables}
    env = record.run.options.get("env")
    return Run(
        record.run.run_id,
        dict(leaves(record.parameters.values)),
        tables,
        env if isinstance(env, str) else None,
    )


def _named(project: "RunProject") -> tuple[str, ...]:
    """Read which parameters mean chance: as today's project says, not as either run's did."""
    from lakeproof.determinism import find_recipe

    recipe = find_recipe(project.path)
    return recipe.chance if recipe is not None else ()
