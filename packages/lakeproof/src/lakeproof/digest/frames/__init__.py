"""The ordered digest of a frame: what `fit` got."""
