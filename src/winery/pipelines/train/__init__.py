"""Fit a model on the training rows."""

from winery.pipelines.train.pipeline import create_pipeline

__all__ = ["create_pipeline"]
