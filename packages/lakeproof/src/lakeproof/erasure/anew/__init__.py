"""What held rows and is kept, written anew without them: versions of tables, and raw files."""
