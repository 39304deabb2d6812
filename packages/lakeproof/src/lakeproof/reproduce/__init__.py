"""Have a recorded run again, and say whether it is the same.

Four rooms, each testable alone, with frozen facts passed between them: `plan` (what the record
needs and what is here), `execute` (the run, in isolation), `compare` (two records, artifact by
artifact) and `report` (for people and as JSON).
"""
