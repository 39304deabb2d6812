"""Words and numbers in blocks, and three writers of them: a terminal, Markdown, an HTML page.

What is said is put together where it is known: a record's sections in `record.sections`, those of a
comparison in `reproduce.verdict_sections`. Nothing here knows a run.
"""
