"""What passed between nodes and datasets, as digests."""
