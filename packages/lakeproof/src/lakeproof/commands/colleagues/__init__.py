"""What colleagues do with each other's runs: verify a change on them, share them, work on them."""
