"""Streams: the sessions of user streams, their connections, and the readers that share them."""
