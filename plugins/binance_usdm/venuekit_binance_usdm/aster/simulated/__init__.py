"""The server's side of the venue, in both versions."""
