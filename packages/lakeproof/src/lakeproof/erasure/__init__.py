"""Where the rows of a key are: versions, runs, files. It finds; nothing here is changed.

Not for which columns are personal: that is declared, and kept back by whoever would show them.
"""
