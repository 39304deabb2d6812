"""What git is asked once the nodes are done, while this process asks MLflow and makes the record.

Each question is a process of its own, for which nothing else need wait.
"""

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from lakeproof.record.chain import head
from lakeproof.record.code.changed import changed_in
from lakeproof.record.code.git import GitError, Repository, find_repository
from lakeproof.record.facts import CodeFacts
from lakeproof.watch import OwnThreads


@dataclass(frozen=True)
class SecondLook:
    """The repository as it is now that the nodes are done; `begin` starts asking.

    Args:
        repository: Of the project; `None` where there is none.
        changed: What is not as it was when the run started.
        newest: The newest record of this clone, which another process may replace.
    """

    repository: "Future[Repository | None]"
    changed: "Future[tuple[str, ...]]"
    newest: "Future[head.Newest | None]"

    @classmethod
    def begin(
        cls, project_path: Path, code: "Future[CodeFacts]", written: Collection[str]
    ) -> "SecondLook":
        """Start asking.

        Args:
            project_path: The project.
            code: What was gathered when the run started.
            written: Files and folders that the run itself wrote, relative to the project.
        """

        def changed() -> tuple[str, ...]:
            return changed_in(project_path, code.result(), repository.result(), written)

        def newest() -> head.Newest | None:
            found = repository.result()
            try:
                return None if found is None else head.newest_in(project_path, found)
            except GitError:
                return None  # Whoever makes another one the newest asks again.

        pool = OwnThreads(2)
        try:
            repository = pool.submit(find_repository, project_path)
            return cls(repository, pool.submit(changed), pool.submit(newest))
        finally:
            pool.shutdown(wait=False)
