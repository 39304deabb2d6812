"""`kedro lakeproof key`: the user's own key, made when it is first asked for."""

import re
from contextlib import suppress
from getpass import getuser

from lakeproof.attest import keys
from lakeproof.commands.for_others.attestations import user_folder
from lakeproof.commands.output import remark


def public_half(is_pem: bool) -> str:
    """Give what others need to believe the key.

    Args:
        is_pem: As cosign and openssl read it, in place of a line of `pyproject.toml`.

    Raises:
        KeyFileError: If it cannot be made, or there is one that cannot be used.
    """
    folder = user_folder()
    path = keys.usual(folder)
    if path.exists():
        remark(f"Your key: {path}")
    else:
        remark(f"Made a key, which stays with you: {keys.make(folder)}")
    public = keys.load(path).public_key()
    if is_pem:
        return keys.as_pem(public).decode()
    return f'[tool.lakeproof.keys]\n{_name()} = "{keys.as_text(public)}"\n'


def _name() -> str:
    """Propose a name for it, as TOML takes one without quotes."""
    name = ""
    with suppress(OSError, KeyError, ImportError):
        name = re.sub(r"[^A-Za-z0-9_-]", "", getuser())
    return name or "me"
