"""Why a metric is another one: runs mixed of two recorded ones, and what follows from them.

`mixes` makes a run of which each part comes from one of two records, and says what it gave. `game`
says which mixes are needed, and shares the difference out; `asking` has them. `doubt` says how much
of that is luck, `told` puts it into words. Not for repeating one run (`reproduce`), nor for listing
what differs (`reproduce.comparison`).
"""
