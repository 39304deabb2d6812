"""Lakeproof as something that is installed: its wheel, and the wheel in a project's `vendor/`.

The standard library alone: the build backend and `kedro new` use it where nothing of Lakeproof's
dependencies is installed.
"""
