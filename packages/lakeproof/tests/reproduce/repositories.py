"""A real repository with a small project in it, recorded and checked out again."""

import os
import subprocess
from pathlib import Path

from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.facts import CodeFacts, ConfigurationFacts
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.reproduce.code.worktree import CheckedOut, check_out

NO_CONFIGURATION = ConfigurationFacts("conf", ("base", "local"), (), "sha256:")
PYPROJECT = '[tool.kedro]\npackage_name = "tiny"\n'


class Repository:
    """A git repository with a project in it.

    Its code is recorded as a snapshot, or as it was before there were any.
    """

    keeps = True

    def __init__(self, path: Path, prefix: str = "") -> None:
        self.path, self.project = path, path / prefix
        (self.project / "src/tiny").mkdir(parents=True)
        (self.project / "conf/base").mkdir(parents=True)
        self.write("pyproject.toml", PYPROJECT)
        self.write(".gitignore", "/.lakeproof/\n/conf/local/\n/data/\n")
        self.write("src/tiny/nodes.py", "def split():\n    return 1\n")
        self.write("src/tiny/old.py", "OLD = True\n")
        self.write("conf/base/catalog.yml", "a: 1\n")
        self.git("init", "--quiet")
        self.git("config", "user.name", "A Tester")
        self.git("config", "user.email", "tester@localhost")
        self.commit("First")

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.path, capture_output=True, text=True, check=True
        ).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def gather(self) -> CodeFacts:
        return gather_code(self.project, Secrets(), keeps=self.keeps)

    @property
    def target(self) -> Path:
        return self.project / ".lakeproof/scratch/one/lakeproof-one"

    def check_out(
        self,
        code: CodeFacts,
        configuration: ConfigurationFacts = NO_CONFIGURATION,
        had: tuple[str, ...] = (),
    ) -> CheckedOut:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        return check_out(self.project, code, configuration, self.target, had)

    def state(self) -> dict[str, object]:
        """All of the user's that a re-run must leave alone."""
        common = Path(self.git("rev-parse", "--git-common-dir").strip())
        own = self.path / self.git("rev-parse", "--git-dir").strip()
        worktrees = self.path / common / "worktrees"
        return {
            "index": (own / "index").read_bytes(),
            "index time": (own / "index").stat().st_mtime_ns,
            "head": (own / "HEAD").read_bytes(),
            "config": (self.path / common / "config").read_bytes(),
            "branches": self.git("for-each-ref"),
            "reflog": self.git("reflog"),
            "stash": self.git("stash", "list"),
            "entries": sorted(os.listdir(worktrees)) if worktrees.exists() else [],
            "status": self.git("--no-optional-locks", "status", "--porcelain"),
            "files": {
                str(file.relative_to(self.path)): (file.read_bytes(), file.stat().st_mtime_ns)
                for file in sorted(self.path.rglob("*"))
                if file.is_file() and not {".git", ".lakeproof"} & set(file.parts)
            },
        }
