"""Predict the test rows, and say how well."""

from winery.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
