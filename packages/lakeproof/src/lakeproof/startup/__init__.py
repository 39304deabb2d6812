"""What is in force before Kedro imports anything, and every trick that only makes a start faster.

`begin` sets what a run needs (threads, hash seed, telemetry off). All else here saves time and
changes no result, and `LAKEPROOF_PLAIN=1` turns it off:

| trick | where | without it |
|---|---|---|
| a run starts itself again before Kedro is imported | `before_kedro` | after it |
| MLflow is imported for a re-run while its record is looked for | `early_start` | after that |
| Kedro reads settings without importing Flask | `no_flask` | Flask is imported |
| Kedro's settings get the files of a stack, not its lines | `quick_stack` | both |
| kedro-mlflow's commands are imported when asked for | `lazy_kedro_mlflow` | by every command |
| else it asks MLflow's store without pandas | `skinny_mlflow` | with it |
| the garbage collector and IPython wait for imports | `faster_imports` | as Python has it |
| what libraries import for nobody waits | `put_off` | it is imported |
| skops looks for SciPy's functions in SciPy | `quick_names` | in every module |
| skops writes JSON level by level, and lists no arrays | `quick_skops` | word by word, and does |
| matplotlib's artists have no help on `set` | `kept_docstrings` | it is written for each |
| git is asked before GitPython is imported | `no_repository` | GitPython is |
| a store's revision is compared without Alembic | `known_schema` | with it |
| four warnings of plug-ins are left out | `quiet` | they are shown |
| runs are found in MLflow's SQLite file | `record.mlflow_store.mlflow_database` | MLflow is asked |
| a model's MLflow folder is written by hand | `model.mlflow_model` | `mlflow.sklearn.log_model` |
| a node's parameters are logged at once | `record.run.observation` | one by one |
| an old version is opened by its part of the log | `delta.log.log_view` | by the whole log |

Those of one library are in `libraries`. The last four know a store, a model, a run and a table:
they stay where those are, and ask `plain` first.
"""

from lakeproof.startup.begin import prepare, prepare_package

__all__ = ["prepare", "prepare_package"]
