"""One page about a run for somebody who has neither the project nor Kedro: an auditor, a manager.

Facts apart from the form: `view` says what stands on the page, in words and in order, `html` how it
looks. Nothing is judged here (`reproduce`), nothing is gathered but pictures (`pictures`).
"""
