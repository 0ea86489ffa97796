"""User streams: the rows of their messages, the events that these become, and how sessions are opened."""
