"""Two records side by side, and one verdict."""
