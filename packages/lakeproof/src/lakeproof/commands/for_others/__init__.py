"""What is given to others, and what they may hold against it: formats, attestations, the chain."""
