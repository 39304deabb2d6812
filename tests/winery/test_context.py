import json
import subprocess
import sys

LOOK = """
import json, sys
from pathlib import Path
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

class NoHooks:
    hook = None
    def __getattr__(self, name):
        return lambda *args, **kwargs: NoHooks()
NoHooks.hook = NoHooks()

path = Path(sys.argv[1])
bootstrap_project(path)

def pictures():
    return sorted(pipelines["__default__"].all_outputs() & {"confusion_matrix", "residual_plot"})

seen = [pictures()]
for env, given, hooks in (
    ("local", {}, True),
    ("wine_quality", {}, True),
    ("local", {}, False),
    ("wine_quality", {}, False),
    ("local", {"evaluate": {"task": "regression"}}, True),
    ("local", {"evaluate": {"task": "clustering"}}, True),
):
    with KedroSession.create(path, env=env, runtime_params=given) as session:
        if not hooks:
            session._hook_manager = NoHooks()
        session.load_context()
        seen.append(pictures())
print(json.dumps(seen))
"""


def test_each_session_draws_the_picture_of_its_task_and_no_other(request):
    """One after another in one process; with hooks, and without, as in `kedro viz`.

    Before there is a session, as in `kedro registry`, both stand for what may be drawn. A task that
    is none draws nothing: the first node that reads it refuses it.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(request.config.rootpath)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    confusion, residuals = ["confusion_matrix"], ["residual_plot"]
    assert json.loads(done.stdout.splitlines()[-1]) == [
        [*confusion, *residuals],
        *(confusion, residuals) * 2,
        residuals,
        [],
    ]
