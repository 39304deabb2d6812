"""How long a table keeps its versions, and how to have it keep them longer."""
