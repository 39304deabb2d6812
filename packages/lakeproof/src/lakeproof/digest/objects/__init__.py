"""Digests of whatever else nodes hand over: models, tensors, objects."""
