"""A signed statement that a run was reproduced: who claims it, of what, and where it stands.

A signature says that the holder of a key says so, never that it is so. What proves a run is to run
it again. Knows no store and no MLflow: a statement is made of records, and read from bytes.
"""
