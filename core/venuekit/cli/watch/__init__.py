"""``watch``: accounts as they are now, on a screen, as lines, or as one JSON object an event."""
