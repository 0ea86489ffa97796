"""Parameters that many endpoints share."""

from __future__ import annotations

from decimal import Decimal

from venuekit.plugin import Kind, Parameter, Role

#: the product line this venue is about
CATEGORY = "inverse"

INVERSE = Parameter("category", required=True, choices=frozenset({CATEGORY}))
# The margin mode is the account's over all products, so the positions and orders of the others can be read too.
ANY_PRODUCT = Parameter("category", required=True, choices=frozenset({CATEGORY, "linear", "option"}))
SYMBOL = Parameter("symbol", role=Role.SYMBOL)
THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
BASE_COIN = Parameter("baseCoin")
SETTLE_COIN = Parameter("settleCoin")
START = Parameter("startTime", Kind.INTEGER, minimum=Decimal(0))
END = Parameter("endTime", Kind.INTEGER, minimum=Decimal(0))
CURSOR = Parameter("cursor")


def limit(most: int) -> Parameter:
    """Return the parameter for the number of rows of a page."""
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))
