"""One page about a run for somebody who has neither the project nor Kedro: an auditor, a manager.

`view` says what stands on it and in which order: the sections of the verdict and of the record.
Nothing is judged here (`reproduce`), nothing is gathered but pictures (`pictures`); `views.html`
writes it.
"""
