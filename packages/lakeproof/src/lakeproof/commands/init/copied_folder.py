"""What a project had for Lakeproof while it lay in it as a folder, `src/lakeproof`."""

import ast
import re

from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init.draft import Draft
from lakeproof.commands.init.pyproject_table import NAME, parsed

_POINTS = re.compile(
    r'^\[project\.entry-points\."kedro\.(?:project_commands|init)"\]\n'
    r'lakeproof = "lakeproof\.[^"\n]*"\n\n?',
    re.MULTILINE,
)
_MODULES = re.compile(r'^(module-name = )\[("[A-Za-z_]\w*"), "lakeproof"\]$', re.MULTILINE)
_DEPENDENCIES = re.compile(r"^dependencies = \[\n", re.MULTILINE)
_IMPORT = re.compile(r"^from lakeproof\.hooks import LakeproofHooks\n", re.MULTILINE)
# With what the template said of it.
_NONE_LEFT = re.compile(r"(?:^# Pins every table before[^\n]*\n)?^HOOKS = \(\)\n", re.MULTILINE)
_HOOK = re.compile(r"(?<![\w.])LakeproofHooks\(\)(?:, ?)?")


def take_out_copied_folder(draft: Draft) -> None:
    """Take out what the package brings by itself: entry points, a hook, a module that is built.

    Raises:
        InitError: If the folder is still there, or the file would say something else.
    """
    if (draft.project_path / "src/lakeproof").is_dir():
        raise InitError(
            "The project has Lakeproof as a folder, src/lakeproof, which is imported in place of "
            "the installed one. Nothing was written. Remove it, and repeat: "
            "git rm -r --quiet src/lakeproof && kedro lakeproof init"
        )
    text = draft.text(NAME) or ""
    project = parsed(text).get("project", {})
    if "lakeproof" in project.get("entry-points", {}).get("kedro.project_commands", {}):
        text = _MODULES.sub(r"\1\2", _POINTS.sub("", text))
        needs = [need for need in project.get("dependencies", ()) if need.startswith("lakeproof")]
        if not needs:
            text = _DEPENDENCIES.sub('dependencies = [\n    "lakeproof",\n', text)
        points = parsed(text).get("project", {}).get("entry-points", {})
        if "lakeproof" in points.get("kedro.project_commands", {}):
            raise InitError(
                f"{NAME} names an entry point of src/lakeproof in a way that is not ours to edit. "
                "Nothing was written. Remove the lines lakeproof = … below entry-points, and "
                "repeat: kedro lakeproof init"
            )
        draft.put(NAME, text)
    _take_out_hook(draft, parsed(text).get("tool", {}).get("kedro", {}))


def _take_out_hook(draft: Draft, kedro: dict[str, str]) -> None:
    package = kedro.get("package_name", "")
    name = f"{kedro.get('source_dir', 'src')}/{package}/settings.py"
    text = draft.text(name)
    if text is None or not _IMPORT.search(text):
        return
    text = _HOOK.sub("", _IMPORT.sub("", text))
    draft.put(name, _still_a_tuple(_NONE_LEFT.sub("", text)))


def _still_a_tuple(text: str) -> str:
    """Mend `HOOKS = (One())`, which lost the comma that made it one."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            (target, *_), call = statement.targets, statement.value
            if isinstance(target, ast.Name) and target.id == "HOOKS":
                lines = text.splitlines(keepends=True)
                line = lines[(call.end_lineno or 0) - 1].encode()
                at = call.end_col_offset or 0
                lines[(call.end_lineno or 0) - 1] = (line[:at] + b"," + line[at:]).decode()
                return "".join(lines)
    return text
