"""What `kedro lakeproof` says and does about Lakeproof itself in a project that has it."""
