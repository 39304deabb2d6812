"""A project in an environment of its own, as somebody has it who has not this repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from projects import REPOSITORY

SOURCES = REPOSITORY / "packages/lakeproof"


@dataclass(frozen=True)
class NewProject:
    """A project whose commands are those of its own environment."""

    path: Path

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command and give what it printed; warnings and logs are part of it."""
        # What is compiled is kept, as a person's is.
        left = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        environment = {name: value for name, value in os.environ.items() if name not in left}
        done = subprocess.run(
            command,
            cwd=self.path,
            # kedro viz asks the package index for its newest version; here nobody answers.
            env=environment | {"HTTPS_PROXY": "http://127.0.0.1:9"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}"
        return done.stdout

    def make(self, target: str) -> str:
        """Run a target of its Makefile, without what it would download first."""
        return self.run("make", "-o", ".venv/run", "-o", ".venv/test", target)


def build(what: str, folder: Path, sources: Path = SOURCES) -> Path:
    """Build the `wheel` or the `sdist` of Lakeproof's sources, by the backend that lies there."""
    code = "import backend, sys; print(getattr(backend, sys.argv[1])(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, f"build_{what}", str(folder)],
        env={**os.environ, "PYTHONPATH": str(sources)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return folder / done.stdout.strip()


def link_environment(
    place: Path, without: tuple[str, ...] = ("winery", "lakeproof", "_lakeproof")
) -> None:
    """Make an environment with the packages of this one, but for those whose names begin so."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    ours = Path(sysconfig.get_path("purelib"))
    theirs = place / ours.relative_to(sys.prefix)
    for package in ours.iterdir():
        if not package.name.startswith(without):
            (theirs / package.name).symlink_to(package)
    for script in Path(sysconfig.get_path("scripts")).iterdir():
        target = place / "bin" / script.name
        shebang = f"#!{sys.executable}".encode()
        if script.is_file() and not target.exists():
            shutil.copy2(script, target)
            if (content := script.read_bytes()).startswith(shebang):
                own = f"#!{place}/bin/python".encode()
                target.write_bytes(content.replace(shebang, own, 1))
