"""Imported once by the process that forks (see `dying`)."""

from years.dying import preload

preload()
