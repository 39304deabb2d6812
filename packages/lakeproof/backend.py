"""Build Lakeproof by PEP 517, with the standard library alone.

A backend of its own, because the wheel carries the project template, which is the repository's root
and stands nowhere a second time, and because the wheel must be the same bytes whoever builds it:
`lakeproof.distribution.wheel` packs it, and packs an installed one again.
"""

import gzip
import io
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "src"))

from lakeproof.distribution.wheel import packed, wheel_name  # noqa: E402
from lakeproof.version import VERSION  # noqa: E402

NAME = "lakeproof"
FACTS = f"{NAME}-{VERSION}.dist-info"
# Of the package's folder, in a source distribution.
OWN = ("CHANGELOG.md", "LICENSE", "README.md", "backend.py", "pyproject.toml")
# What `kedro new` reads of the repository's root beside what it copies from there.
OF_KEDRO_NEW = ("cookiecutter.json", "prompts.yml", "hooks/", "kedro_new/", "{{")


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Nothing: the standard library builds it."""
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel: package, pages and template."""
    return _written(wheel_directory, wheel_name(NAME, VERSION), wheel())


def build_editable(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that leads to the sources where they lie."""
    files = {f"_{NAME}.pth": f"{HERE / 'src'}\n".encode(), **_at_start(), **_facts()}
    return _written(wheel_directory, wheel_name(NAME, VERSION), packed(files, NAME, VERSION))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Build the source distribution, from which the very same wheel is built."""
    top = f"{NAME}-{VERSION}"
    files = {name: (HERE / name).read_bytes() for name in OWN}
    files |= {f"src/{path}": content for path, content in _package()}
    files |= {f"docs/{path}": content for path, content in _below(HERE / "docs")}
    files |= {f"template/{path}": content for path, content in _template()}
    files["PKG-INFO"] = _metadata()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    # Neither a name nor a time in its head.
    return _written(sdist_directory, f"{top}.tar.gz", gzip.compress(out.getvalue(), mtime=0))


def wheel() -> bytes:
    """Give the wheel."""
    files = dict(_package())
    files |= {f"{NAME}/docs/{path}": content for path, content in _below(HERE / "docs")}
    files |= {f"{NAME}/template/{path}": content for path, content in _template()}
    return packed({**files, **_facts()}, NAME, VERSION)


def _package() -> Iterator[tuple[str, bytes]]:
    for path, content in _below(HERE / "src" / NAME):
        yield f"{NAME}/{path}", content
    yield from _at_start().items()


def _at_start() -> dict[str, bytes]:
    """Give what each interpreter of an environment reads when it starts."""
    return {(name := f"{NAME}.pth"): (HERE / "src" / name).read_bytes()}


def _template() -> Iterator[tuple[str, bytes]]:
    """Give what `kedro new` needs: of the repository's root, or as a source distribution has it."""
    if (HERE / "template").is_dir():
        yield from _below(HERE / "template")
        return
    root = HERE.parents[1]
    sys.path.insert(0, str(root))
    from kedro_new.files import not_ignored, own_files

    own = {*own_files(root)}
    for name in not_ignored(root):
        if name in own or name.startswith(OF_KEDRO_NEW):
            yield name, (root / name).read_bytes()


def _below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files below a folder but for those that Python and tools make there."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in name.parts and path.suffix != ".pyc":
            yield name.as_posix(), path.read_bytes()


def _facts() -> dict[str, bytes]:
    project = _project()
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, where in sorted(found.items()))
        for group, found in sorted(project["entry-points"].items())
    )
    made_by = f"Wheel-Version: 1.0\nGenerator: {NAME} {VERSION}\nRoot-Is-Purelib: true\n"
    return {
        f"{FACTS}/METADATA": _metadata(),
        f"{FACTS}/WHEEL": f"{made_by}Tag: py3-none-any\n".encode(),
        f"{FACTS}/entry_points.txt": points.encode(),
        f"{FACTS}/licenses/LICENSE": (HERE / "LICENSE").read_bytes(),
    }


def _metadata() -> bytes:
    """Write the core metadata: https://packaging.python.org/en/latest/specifications/core-metadata/.

    Raises:
        ValueError: If an extra's dependency has a marker, which would have to be put together.
    """
    project = _project()
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {NAME}",
        f"Version: {VERSION}",
        f"Summary: {project['description']}",
        f"License-Expression: {project['license']}",
        "License-File: LICENSE",
        f"Requires-Python: {project['requires-python']}",
        "Description-Content-Type: text/markdown",
        *(f"Requires-Dist: {needed}" for needed in project["dependencies"]),
    ]
    for extra, needs in sorted(project.get("optional-dependencies", {}).items()):
        lines.append(f"Provides-Extra: {extra}")
        for needed in needs:
            if ";" in needed:
                raise ValueError(f"{needed!r} of the extra '{extra}' has a marker.")
            lines.append(f"Requires-Dist: {needed}; extra == '{extra}'")
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    return ("\n".join(lines) + f"\n\n{readme}").encode()


def _project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(table["project"])


def _written(folder: str, name: str, content: bytes) -> str:
    """Write a file whole or not at all."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    draft = Path(folder, f".{name}.part")
    draft.write_bytes(content)
    draft.replace(Path(folder, name))
    return name
