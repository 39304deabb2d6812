"""Take deliveries into the table `samples`."""

from winery.pipelines.ingest.pipeline import (
    create_pipeline,
    create_stream,
)

__all__ = ["create_pipeline", "create_stream"]
