"""Make the new project out of this one; cookiecutter runs it in the new project's folder.

Cookiecutter fills in the braces and runs the result from a temporary file, so that all that can be
elsewhere is in `kedro_new`, which is imported from the starter itself.
"""

import json
import os
import sys
from pathlib import Path

given = json.loads(r"""{{ cookiecutter | tojson }}""")

# A path that was typed relative is so to the folder `kedro new` was typed in; that is the output
# folder unless a configuration file names another.
places = [Path(base, given["_repo_dir"]) for base in (given["_output_dir"], os.getenv("PWD", "."))]
starter = next((place for place in places if (place / "cookiecutter.json").is_file()), None)
if starter is None:
    sys.exit(
        f"Error: The starter is not at {places[0]}. Nothing was made. Give its absolute path: "
        "kedro new --starter /path/to/starter"
    )

sys.dont_write_bytecode = True
sys.path.insert(0, str(starter.resolve()))

from kedro_new import errors, project  # noqa: E402 - it is found only now

try:
    made = project.make(
        starter.resolve(),
        Path.cwd(),
        project_name=given["project_name"],
        repo_name=given["repo_name"],
        python_package=given["python_package"],
    )
except errors.GenerateError as error:
    sys.exit(f"Error: {error}")
print(made)
