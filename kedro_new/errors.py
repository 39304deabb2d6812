"""What ends the making of a project in a sentence instead of a traceback."""


class GenerateError(Exception):
    """The project cannot be made; cookiecutter takes away what was made of it."""
