"""The user stream, which is behind a route of its own: without it a connection is opened and delivers nothing."""

from __future__ import annotations

from venuekit.parts.columns import text
from venuekit.parts.messages import Messages
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.stream.messages import event_messages
from venuekit_binance_common.stream.session import user_stream
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.positions import POSITIONS
from venuekit_binance_usdm.terms import ORDER_TERMS

_CONTRACT = {name: POSITIONS.sources[name] for name in ("contract_size", "contract_unit")}


def usd_margined_messages(terms: OrderTerms) -> Messages:
    """Return the declarations of messages of a venue whose contracts are one unit of the base asset each."""
    return event_messages(
        terms.rows, of_order=_CONTRACT, of_position={**_CONTRACT, "settle": text("ma", may_be_blank=True)}
    )


MESSAGES = usd_margined_messages(ORDER_TERMS)
STREAM = user_stream(USDM.ORDERS, USDM.STREAM, MESSAGES, path="/private/ws?listenKey={key}")
