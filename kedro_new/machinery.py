"""Give the new project Lakeproof itself: the wheel, and the lines that lock it.

From the starter's sources it is built; from an installed Lakeproof, which carries the starter, it
is packed again into the wheel that it came from. Either is the released one, bit for bit.
"""

import importlib.util
import sys
from importlib import metadata
from pathlib import Path

from kedro_new.errors import GenerateError


def put(starter: Path, target: Path) -> None:
    """Put the wheel into `vendor/` and its hash into the locks.

    Args:
        starter: The repository, its clone, or the template of an installed Lakeproof.
        target: The new project's folder, which has its locks.

    Raises:
        GenerateError: The installed Lakeproof is not what was installed.
    """
    name, wheel = _wheel(starter)
    from lakeproof.distribution import vendor

    vendor.put(target, name, wheel)


def _wheel(starter: Path) -> tuple[str, bytes]:
    sources = starter / "packages/lakeproof/backend.py"
    if sources.is_file():
        spec = importlib.util.spec_from_file_location("backend", sources)
        assert spec is not None
        assert spec.loader is not None
        backend = importlib.util.module_from_spec(spec)
        # It puts its own sources first on the path.
        spec.loader.exec_module(backend)
        return backend.wheel_name(backend.NAME, backend.VERSION), backend.wheel()
    place = starter.parents[1]
    sys.path.insert(0, str(place))
    from lakeproof.distribution.wheel import NoWheelError, packed_again

    try:
        (installed,) = metadata.distributions(name="lakeproof", path=[str(place)])
        return packed_again(installed)
    except ValueError as error:
        raise GenerateError(
            f"No Lakeproof is installed beside the starter {starter}. Nothing was made. Give the "
            "path of its repository: kedro new --starter /path/to/lakeproof"
        ) from error
    except NoWheelError as error:
        raise GenerateError(f"{error} Nothing was made.") from error
