"""Where the rows of a key are, and that they go: versions, runs, files, and a receipt of it.

Not for which columns are personal: that is declared, and kept back by whoever would show them.
"""
