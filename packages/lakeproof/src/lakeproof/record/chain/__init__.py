"""The chain: each record of a clone names the digest of the one before it, and a ref the newest."""
