"""How a run ends: by whom, with which words, and what is doubted of it."""
