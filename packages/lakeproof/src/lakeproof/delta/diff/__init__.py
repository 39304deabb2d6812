"""What differs between two versions of a table: rows by key, values by column, the schema."""
