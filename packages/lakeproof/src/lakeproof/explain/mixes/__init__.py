"""Runs mixed of two recorded ones: which parts there are to choose, and what each choice gave."""
