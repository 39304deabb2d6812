"""Cut a release: version, heading of the changelog, wheel and sdist, and a project made of it.

    make release VERSION=0.2.0

writes the version and the heading into the working tree, builds both files into `dist/`, and tries
the wheel as a user would, in an empty folder: install it, make a project of the template that it
carries, run it, reproduce the run. It commits nothing: it says what to type then.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
VERSION, CHANGELOG = PACKAGE / "src/lakeproof/version.py", PACKAGE / "CHANGELOG.md"


def main() -> None:
    """Cut it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("version", help="such as 0.2.0")
    options.add_argument("--output", type=Path, default=ROOT / "dist")
    options.add_argument("--try-only", action="store_true", help="change neither file; try it")
    asked = options.parse_args()
    if not asked.try_only:
        write_version(asked.version)
    wheel = build(asked.output.resolve())
    if f"-{asked.version}-" not in wheel.name:
        sys.exit(f"Error: {wheel.name} is not of version {asked.version}. Nothing was tried.")
    verdict = tried(wheel)
    print(f"{wheel.name}  sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    print(f"A project made of it ran and was reproduced: {verdict}.")
    print(f"Next: git commit -am 'Release {asked.version}' && git tag v{asked.version}")


def write_version(version: str) -> None:
    """Write version and heading, where what is to be released is committed and described."""
    if not re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", version):
        sys.exit(f"Error: '{version}' is no version such as 0.2.0. Nothing was changed.")
    if output("git", "status", "--porcelain", "--untracked-files=no"):
        sys.exit("Error: the working tree has changes. Nothing was changed. Commit them first.")
    changes = CHANGELOG.read_text(encoding="utf-8")
    told = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    if told is None or not told[1].strip():
        sys.exit("Error: CHANGELOG.md has nothing under '## Unreleased'. Nothing was changed.")
    heading = f"## Unreleased\n\n## {version} ({datetime.now(UTC):%Y-%m-%d})\n"
    CHANGELOG.write_text(changes.replace("## Unreleased\n", heading, 1), encoding="utf-8")
    text = VERSION.read_text(encoding="utf-8")
    number = re.sub(r'^VERSION = ".*"$', f'VERSION = "{version}"', text, flags=re.MULTILINE)
    VERSION.write_text(number, encoding="utf-8")


def build(folder: Path) -> Path:
    """Build wheel and sdist, and the wheel once more out of the sdist: they are the same bytes."""
    code = "import backend, sys; print(getattr(backend, sys.argv[1])(sys.argv[2]))"
    build_one = [sys.executable, "-P", "-c", code]
    names = [
        output(*build_one, f"build_{kind}", str(folder), PYTHONPATH=str(PACKAGE))
        for kind in ("wheel", "sdist")
    ]
    wheel, sdist = (folder / name for name in names)
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["tar", "-xzf", sdist, "-C", place], check=True)
        (sources,) = Path(place).iterdir()
        again = output(*build_one, "build_wheel", place, PYTHONPATH=str(sources))
        if Path(place, again).read_bytes() != wheel.read_bytes():
            sys.exit(f"Error: the wheel out of {sdist.name} is another one. Nothing was tried.")
    return wheel


def tried(wheel: Path) -> str:
    """Install it in an empty folder, make a project, run it and reproduce the run."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        subprocess.run([sys.executable, "-m", "venv", place / "env"], check=True)
        python, uv = place / "env/bin/python", ROOT / ".venv/bin/uv"
        install = (str(uv), "pip", "install", "--quiet", "--python", str(python))
        output(*install, "--require-hashes", "-r", str(ROOT / "requirements/run.txt"))
        output(*install, "--no-deps", str(wheel))
        new = (str(place / "env/bin/kedro"), "new", "--starter", "lakeproof")
        output(*new, "--name", "Release Check", cwd=place)
        project = place / "release-check"
        output("make", "run", cwd=project)
        verdict = project / "verdict.json"
        kedro = str(project / ".venv/bin/kedro")
        output(kedro, "reproduce", "last", "--output", str(verdict), cwd=project)
        return str(json.loads(verdict.read_text(encoding="utf-8"))["verdict"])


def output(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """Run a command and give what it prints; end with its words where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"Error: {' '.join(command[:4])} … failed.\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
