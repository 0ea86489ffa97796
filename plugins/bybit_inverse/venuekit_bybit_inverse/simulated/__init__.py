"""The server's side of Bybit for the simulator; imported only when it is used."""
