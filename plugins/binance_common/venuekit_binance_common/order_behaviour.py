"""How orders behave on both products."""

from __future__ import annotations

from venuekit.capabilities import OrderBehaviour, TimeInForce
from venuekit_binance_common.order_words import CLIENT_ID_PATTERN, TYPE_WORDS

__all__ = ["order_behaviour"]

_REUSE = (
    "A client id is unique among open orders only: while one of the same id is open a second is refused (-4116); once"
    " it is filled or cancelled, the same id places a second order."
)
_EVERYWHERE = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY})


def order_behaviour(*, more_times: frozenset[TimeInForce] = frozenset(), countdown: str) -> OrderBehaviour:
    """Return how orders behave; ``more_times`` are what only this product has."""
    return OrderBehaviour(
        types=frozenset(TYPE_WORDS),
        times_in_force=_EVERYWHERE | more_times,
        client_id_pattern=CLIENT_ID_PATTERN,
        place_batch=5,
        cancel_batch=10,
        amend_batch=5,
        decides_later=False,
        client_id_reuse=_REUSE,
        countdown=countdown,
    )
