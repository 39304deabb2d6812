"""A recorded run with the code of a commit that nobody may ever have run."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from lakeproof.record.code.source import source_files, tree_digest
from lakeproof.record.facts import CodeFacts, ConfigurationFacts, Record
from lakeproof.reproduce.code.files_of_tree import write_files
from lakeproof.reproduce.comparison.received import plain_name


def with_commit(record: Record, commit: str, project_path: Path) -> Record:
    """Put the code and the committed configuration of a commit in the place of a run's.

    Files of the configuration that git does not have are the run's.

    Args:
        record: The run.
        commit: In full.
        project_path: A folder of the repository.

    Raises:
        GitError: If the repository does not have it.
    """
    with TemporaryDirectory(prefix="lakeproof-commit-") as folder:
        write_files(project_path, commit, Path(folder))
        project = Path(folder) / record.code.prefix
        files = source_files(project)
        code = CodeFacts(
            commit=commit,
            remote=record.code.remote,
            prefix=record.code.prefix,
            diff=None,
            untracked=(),
            files=files,
            tree=tree_digest(files),
            search=record.code.search,
        )
        configuration = _configuration(record.configuration, project)
    return replace(record, code=code, configuration=configuration)


def unknown_inputs(ran: Record, asked: Record) -> Iterator[str]:
    """Name tables that a code read of which neither run says at which version."""
    known = {plain_name(one.dataset) for one in asked.inputs.tables}
    known |= {plain_name(one.dataset) for one in asked.outputs.tables}
    for one in ran.inputs.tables:
        if not one.is_own and plain_name(one.dataset) not in known:
            yield plain_name(one.dataset)


def _configuration(was: ConfigurationFacts, project: Path) -> ConfigurationFacts:
    """Leave to the commit what it has: of the run are those files alone that git ignores."""
    if Path(was.source).is_absolute():
        return was
    files = tuple(one for one in was.files if not (project / was.source / one.path).exists())
    return replace(was, files=files, digest=tree_digest({one.path: one.sha256 for one in files}))
