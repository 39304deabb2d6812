"""Guess from files what could be declared of them, for a person to read over.

Nothing of it is used while deliveries are taken: there what is declared counts, and no guess.
"""
