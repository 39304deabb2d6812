"""What the end of a run needs and takes longer to make than to use, made while the run begins."""

from pathlib import Path

from lakeproof.record.documents.sections import prepare_reader
from lakeproof.record.setup.maker import maker_of


def make_ready(project_path: Path) -> None:
    """Import, make and find out what each of these modules remembers.

    Args:
        project_path: The project.
    """
    # What a run is found by, and the sentences about it.
    from lakeproof.record.mlflow_store import mlflow_labels  # noqa: F401
    from lakeproof.record.run.ending import last_words  # noqa: F401

    prepare_reader()
    maker_of(project_path)
