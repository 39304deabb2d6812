"""One run from its first hook to its last."""
