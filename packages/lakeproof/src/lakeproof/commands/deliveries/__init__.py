"""`kedro deliveries`: declare files that came, and take them anew."""
