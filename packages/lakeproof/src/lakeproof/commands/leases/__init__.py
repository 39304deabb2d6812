"""The commands about how long versions live: `keep`, `release`, `leases` and `vacuum`."""
