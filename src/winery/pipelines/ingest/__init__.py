"""Take deliveries into the table `samples`."""

from winery.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
