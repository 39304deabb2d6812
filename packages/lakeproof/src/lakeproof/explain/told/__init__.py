"""An explanation put into words: for a terminal, as JSON, as a page with pictures."""
