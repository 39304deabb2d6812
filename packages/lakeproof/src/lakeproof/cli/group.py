"""The group of our commands, as Kedro lists it."""

import click


@click.group(name="Lakeproof")
def commands() -> None:
    """Table versions and recorded runs."""
