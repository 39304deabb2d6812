"""A thread that imports and one that turns autologging on do not wait for each other."""

import subprocess
import sys

from lakeproof.startup.libraries import hooked_imports

# Autologging holds that lock while it imports; a thread of the record's, or of anybody, imports.
IMPORTS = """
import threading
import mlflow.utils.import_hooks as hooks
hooks.register_post_import_hook(lambda module: print("told"), "wave")
{mended}
with hooks._post_import_hooks_lock:
    thread = threading.Thread(target=__import__, args=["tabnanny"], daemon=True)
    thread.start()
    thread.join(3)
    print("waits" if thread.is_alive() else "imported", flush=True)
    if thread.is_alive():
        import os
        os._exit(0)
import wave
"""
MENDED = f"from {hooked_imports.__name__} import *; let_threads_import(); let_threads_import()"


def said(mended: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS.format(mended=mended)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_thread_imports_while_autologging_is_turned_on():
    """And MLflow is told of the modules that it waits for, as ever."""
    assert said(MENDED) == ["imported", "told"]


def test_mlflow_alone_still_lets_it_wait():
    """When this fails, MLflow is mended and `hooked_imports` can go."""
    assert said("") == ["waits"]
