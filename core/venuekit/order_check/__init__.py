"""Pre-flight of orders: an order that the account's mode, position or limits will refuse is refused before sending."""

from venuekit.order_check.check import check_order, look_before_sending

__all__ = ["check_order", "look_before_sending"]
