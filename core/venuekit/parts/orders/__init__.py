"""
Orders over routes: a venue declares its routes, and parts of an account class keep every promise about orders.

An :class:`OrderRoute` (plain, conditional) has the endpoints that place, cancel and amend, the :class:`OrderReads` that
list and find orders, and the functions that make requests of our values and our values of rows. :class:`LostOrders`
resolves lost writes by the same reads. :class:`OrderPart`, :class:`OrderBatchPart` and :class:`OrderAmendPart` go over
all :class:`OrderRoutes` of a venue; :class:`CountdownPart` renews a countdown.
"""

from __future__ import annotations

from venuekit.parts.orders.account_parts import OrderAmendPart, OrderBatchPart, OrderPart
from venuekit.parts.orders.checks import common_misfit, missing_term
from venuekit.parts.orders.countdown import CountdownPart, CountdownRoute
from venuekit.parts.orders.lost_orders import LostOrders
from venuekit.parts.orders.orders import Orders
from venuekit.parts.orders.reads import (
    MANY,
    BatchItem,
    Lookup,
    OrderNames,
    OrderReads,
    OrderRows,
    ReadRow,
    Shape,
)
from venuekit.parts.orders.routes import AmendRoute, BatchRoute, CancelScope, OrderRoute, OrderRoutes, OrderSteps
from venuekit.parts.orders.writes import OrderWrites

__all__ = [
    "MANY",
    "AmendRoute",
    "BatchItem",
    "BatchRoute",
    "CancelScope",
    "CountdownPart",
    "CountdownRoute",
    "Lookup",
    "LostOrders",
    "OrderAmendPart",
    "OrderBatchPart",
    "OrderNames",
    "OrderPart",
    "OrderReads",
    "OrderRoute",
    "OrderRoutes",
    "OrderRows",
    "OrderSteps",
    "OrderWrites",
    "Orders",
    "ReadRow",
    "Shape",
    "common_misfit",
    "missing_term",
]
