"""How orders behave: what is alike everywhere, and what a product says of itself."""

from __future__ import annotations

from venuekit.capabilities import OrderBehaviour, TimeInForce
from venuekit_binance_common.orders.enums import CLIENT_ID_PATTERN, TYPE_WORDS

__all__ = ["order_behaviour"]

_REUSE = (
    "A client id is unique among open orders only: while one of the same id is open a second is refused{code}; once"
    " it is filled or cancelled, the same id places a second order."
)
_EVERYWHERE = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY})


def order_behaviour(
    *,
    more_times: frozenset[TimeInForce] = frozenset(),
    amend_batch: int = 5,
    duplicate: int | None = -4116,
    countdown: str,
) -> OrderBehaviour:
    """
    Return how orders behave.

    ``more_times`` are what only this product has; with an ``amend_batch`` of 0 it amends nothing. ``duplicate`` is the
    code for the id of an open order, None where it is not documented.
    """
    return OrderBehaviour(
        types=frozenset(TYPE_WORDS),
        times_in_force=_EVERYWHERE | more_times,
        client_id_pattern=CLIENT_ID_PATTERN,
        place_batch=5,
        cancel_batch=10,
        amend_batch=amend_batch,
        decides_later=False,
        client_id_reuse=_REUSE.format(code="" if duplicate is None else f" ({duplicate})"),
        countdown=countdown,
    )
