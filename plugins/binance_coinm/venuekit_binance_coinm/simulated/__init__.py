"""The server's side of the venue: its answers, in its own words, shapes and codes."""
