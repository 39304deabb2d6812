"""Make what `conf/` names: any estimator by its import path, seeded.

Nodes may import this room. It knows no catalog and no run, and imports scikit-learn, or whatever
else is named, only when it is asked for: Kedro imports a project's nodes for every command.
"""

from lakeproof.estimators.by_path import make, make_estimator, settle_threads
from lakeproof.estimators.pipelines import KINDS, make_model, require_classes

__all__ = ["KINDS", "make", "make_estimator", "make_model", "require_classes", "settle_threads"]
