"""Build features, and decide which rows are kept for the test."""

from winery.pipelines.feature.pipeline import create_pipeline

__all__ = ["create_pipeline"]
