"""Pre-flight of orders: an order that the account's mode, position or limits will refuse is refused before sending."""
