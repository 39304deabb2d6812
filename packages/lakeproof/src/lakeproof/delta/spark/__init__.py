"""The Spark engine: Spark computes and writes rows, delta-rs keeps the log where it can."""
