"""What makes one library start faster, each by itself; what it computes stays as it is."""
