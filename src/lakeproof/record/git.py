"""What git says of the project."""

import subprocess
from pathlib import Path


def head_commit(project_path: Path) -> str | None:
    """Give the full commit that is checked out, or `None` outside a repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", "HEAD"],
            cwd=project_path,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return answer.stdout.strip() or None
