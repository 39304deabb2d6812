"""The four steps in the order of a run: ingest, feature, train, evaluate."""
