"""What differs between two records, as things that can be chosen, each from one of them."""
