"""The user stream, which is behind a route of its own: without it a connection is opened and delivers nothing."""

from __future__ import annotations

from venuekit.parts.columns import text
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.stream.rows import MessageRows, message_rows
from venuekit_binance_common.stream.session import user_stream
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.positions import POSITIONS
from venuekit_binance_usdm.terms import ORDER_TERMS

_CONTRACT = {name: POSITIONS.sources[name] for name in ("contract_size", "contract_unit")}


def usd_margined_rows(terms: OrderTerms) -> MessageRows:
    """Return the declarations of messages of a venue whose contracts are one unit of the base asset each."""
    return message_rows(
        terms.rows, of_order=_CONTRACT, of_position={**_CONTRACT, "settle": text("ma", may_be_blank=True)}
    )


ROWS = usd_margined_rows(ORDER_TERMS)
STREAM = user_stream(USDM.ORDERS, USDM.STREAM, ROWS, path="/private/ws?listenKey={key}")
