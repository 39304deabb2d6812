"""Make the project: names first, so that nothing is copied under a name that is refused."""

from pathlib import Path

from kedro_new import files, machinery, names, repository


def make(
    starter: Path, target: Path, *, project_name: str, repo_name: str, python_package: str
) -> str:
    """Fill the folder that cookiecutter has made.

    Args:
        starter: This repository, or its clone.
        target: The new project's folder, which holds what the template folder has.
        project_name: What people call the project.
        repo_name: What its folder is called.
        python_package: What its package is called.

    Returns:
        What was done, for the person who waits for it.

    Raises:
        GenerateError: A name is refused, or git is not installed.
    """
    names.require_repo_name(repo_name)
    names.require_package(python_package, names.locked_distributions(starter))
    files.copy(starter, target, package=python_package, title=project_name)
    machinery.put(starter, target)
    done = repository.commit_or_join(target, project_name)
    return f"{done}\nNext: cd {target.name} && make run"
