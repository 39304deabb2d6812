"""The game: which mixes to run next, and what each player's share is. Pure: no run, no file.

A player is a difference between two runs A and B; a mix takes some players from B, the rest from A.
Shares are Shapley values (Shapley 1953) in fractions of the bits of the metrics, so that they add
up to the difference exactly. Mixes that cannot run count as such: only orders of players all of
whose mixes run are counted (Faigle and Kern 1992, for precedence), groups are opened one at a time
(Owen 1977).
"""
