"""Make every Kedro run on Delta tables reproducible from its id.

The rooms: `delta` (the dataset: one contract, two engines), `deliveries` (files that arrive),
`digest` (what content is equal), `model` (the fitted estimator on disk and in MLflow) and `record`
(what a run leaves behind). Nothing in here knows the project that uses it.
"""
