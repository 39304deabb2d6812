"""The embedded engine: delta-rs and Polars, no JVM."""
