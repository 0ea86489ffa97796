"""The declaration of a user stream: a listen key in the URL of a connection that lives for a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import attrgetter
from typing import Any

import attrs

from venuekit.capabilities import FillUpdate, OrderUpdate, PositionUpdate, StreamEvent
from venuekit.parts.messages import Messages
from venuekit.plugin import Account, Decoder, DecoderRenewal, ListenKeySession, StreamDeclaration
from venuekit_binance_common.endpoints import StreamEndpoints
from venuekit_binance_common.market import BinanceContracts
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.stream.events import BinanceDecoder

_LIFE = timedelta(minutes=60)
_CONNECTION_LIFE = timedelta(hours=24)
#: the venue pings, too; a connection that answers none of ours is half-open
_PING_EVERY = 20.0
#: there is no such listen key (any more)
_GONE = frozenset({-1125})


#: the value of an event that has the size of a contract
_VALUES: Mapping[type[StreamEvent], Callable[[Any], Any]] = {
    PositionUpdate: attrgetter("position"),
    OrderUpdate: attrgetter("order"),
    FillUpdate: attrgetter("fill"),
}


def _find_unlisted(event: StreamEvent) -> str | None:
    """Return the symbol of an event that lacks the size of its contract, None where it has it, or needs none."""
    value_of = _VALUES.get(type(event))
    value = None if value_of is None else value_of(event)
    return value.symbol if value is not None and value.contract_size is None else None


async def _refresh(account: Account, symbol: str) -> None:
    if isinstance(account, BinanceContracts):
        await account.refresh(account.CONTRACTS, (symbol, "stream"))


@attrs.frozen
class _DecoderMaker:
    """Makes the decoder of an account; only where contracts differ in size are they read."""

    messages: Messages
    needs_contracts: bool

    async def __call__(self, account: Account) -> Decoder:
        """Return the decoder, with the contracts that the venue lists."""
        if self.needs_contracts and isinstance(account, BinanceContracts):
            return BinanceDecoder(self.messages, await account.read_once(account.CONTRACTS))
        return BinanceDecoder(self.messages)


def user_stream(
    orders: OrderEndpoints,
    keys: StreamEndpoints,
    messages: Messages,
    *,
    path: str = "/ws/{key}",
    needs_contracts: bool = False,
    is_ordered: bool = True,
) -> StreamDeclaration:
    """
    Return the user stream of a product.

    Nothing acknowledges the subscription, and a key that does not exist opens a connection, too: the stream is proven
    by the messages that follow each order. Without contracts, whatever depends on them is None.
    """
    return StreamDeclaration(
        session=ListenKeySession(
            start=keys.start, keep_alive=keys.keep_alive, stop=keys.stop, path=path, life=_LIFE, gone=_GONE
        ),
        make_decoder=_DecoderMaker(messages, needs_contracts),
        renewal=DecoderRenewal(lacks=_find_unlisted, refresh=_refresh) if needs_contracts else None,
        ping_every=_PING_EVERY,
        connection_life=_CONNECTION_LIFE,
        confirmed_by=frozenset({orders.place, orders.cancel}),
        is_ordered=is_ordered,
    )
