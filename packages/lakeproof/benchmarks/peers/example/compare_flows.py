"""Written by hand, since Metaflow has no command for it: are a flow's two runs the same?"""

import sys

from metaflow import Flow, Run, namespace

namespace(None)
yesterday, today = Run(f"WineFlow/{sys.argv[1]}"), Flow("WineFlow").latest_run
differing = [
    f"{name}.{artifact.id}"
    for name in ("start", "feature", "train", "end")
    for artifact in yesterday[name].task.artifacts
    if artifact.id in ("made", "params") and artifact.data != today[name].task[artifact.id].data
]
print("differs: " + ", ".join(differing) if differing else "same")
sys.exit(bool(differing))
