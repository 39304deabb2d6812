"""Of many players, the few that make the change: delta debugging over mixes."""
