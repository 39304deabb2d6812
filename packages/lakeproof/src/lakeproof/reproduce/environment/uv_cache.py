"""Which distributions of a recorded environment uv's cache does not have, so that one copy is left.

That is the environment they are installed in, or an index, which promises nothing.
"""

import re
import tempfile
from pathlib import Path

from lakeproof.record.facts import EnvironmentFacts
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.package_sources import find_local_packages
from lakeproof.reproduce.environment.rebuild import ask_uv, find_interpreter, requirements_for

# Of uv's words only these are read; another uv that says it otherwise names nothing.
_NOT_CACHED = re.compile(
    r"uncached distribution: (\S+==\S+)|Because (\S+) was not found in the cache"
)


def not_cached(recorded: EnvironmentFacts, project_path: Path) -> tuple[str, ...]:
    """Name the distributions that a rebuild would have to download.

    Args:
        recorded: The environment.
        project_path: The project, which may have wheels of its own.

    Returns:
        `name==version` each, without installers that the run had no use for; none where it is not
        known.
    """
    try:
        local = find_local_packages(recorded, None, project_path, None)
        wanted = requirements_for(recorded, None, local)
        interpreter = find_interpreter(recorded, Path.cwd())
        with tempfile.TemporaryDirectory(prefix="lakeproof-uv-") as folder:
            listing = Path(folder, "requirements.txt")
            listing.write_text(wanted.text, encoding="utf-8")
            # To look at somebody's record runs none of their code, which building would.
            offline = ("--offline", "--no-deps", "--no-build")
            try_out = ("pip", "install", "--verbose", "--dry-run", *offline)
            into = ("--python", interpreter, "--target", str(Path(folder, "none")))
            said = ask_uv([*try_out, *into, "--requirements", str(listing)], Path(folder)).stderr
    except (EnvironmentMissingError, OSError):
        return ()
    optional = {pin.partition("==")[0] for pin in wanted.optional}
    found = sorted({"".join(one) for one in _NOT_CACHED.findall(said)})
    return tuple(pin for pin in found if pin.partition("==")[0] not in optional)
