"""Write pins into the user's catalog and leave the rest of the file as it is."""
