"""The room behind `kedro erase`."""
