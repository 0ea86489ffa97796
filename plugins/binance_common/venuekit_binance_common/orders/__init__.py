"""Orders, fills and the countdown."""
