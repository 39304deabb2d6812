"""Predict a column of a Delta table from measurements: the project that you edit.

`pipelines` holds the four steps, each as pure functions (`nodes.py`), the parameters they take
(`settings.py`) and their wiring (`pipeline.py`). Which table, target and estimator is in `conf/`.
What makes a run repeatable is not in here: see `lakeproof`.
"""
