"""Settings of this Kedro project: https://docs.kedro.org/en/stable/configure/configuration_basics/."""

from winery.context import SessionContext

# Pipelines are wired for what the session's configuration predicts.
CONTEXT_CLASS = SessionContext
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Without "soft", one parameter given on the command line drops its siblings.
    "merge_strategy": {"parameters": "soft"},
    "custom_resolvers": {
        # The names of a mapping.
        "names": lambda mapping: list(mapping or ()),
        # What is said of deliveries, unless `table` in globals.yml names one that is there already.
        "delivered": lambda table, said: None if table else said,
        # The first that says something.
        "either": lambda first, second: first or second,
    },
    "config_patterns": {"spark": ["spark*", "spark*/**"]},
}
