"""
The messages of a user stream, as declarations of the events that they become.

Orders and fills are those of the reads, whose columns have short names here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import attrs

from venuekit.capabilities import (
    AssetMode,
    Balance,
    BalanceUpdate,
    Fill,
    FillKind,
    FillUpdate,
    FundingPayment,
    MarginCall,
    MarginType,
    Order,
    OrderSide,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionMode,
    PositionSide,
    PositionUpdate,
    SessionExpiry,
    SettingsUpdate,
)
from venuekit.parts.columns import (
    Same,
    Source,
    derived,
    flag,
    milliseconds,
    minor,
    number,
    only_when,
    price,
    rename,
    text,
    whole,
    words,
)
from venuekit.parts.messages import Message, Messages
from venuekit.parts.rows import Reads
from venuekit_binance_common.enums import POSITION_SIDES, SIDES, asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.orders.rows import ALGO_ORDER, PlainRows


@attrs.frozen
class _Times:
    """When a message was made, None where it does not say, and the state that it reports."""

    time: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen
class _Cause:
    """The venue's word for why the account changed; the symbol of a funding, None for that of cross positions."""

    reason: str | None = None
    symbol: str | None = None
    is_funding: bool = False


@attrs.frozen
class _Step:
    """Whether there is a fill in a step of an order."""

    is_fill: bool


_ZERO = Decimal(0)
FUNDING, EXPIRED = "FUNDING_FEE", "listenKeyExpired"
_STEPS: Mapping[str, OrderUpdateKind] = {kind.name: kind for kind in OrderUpdateKind}
#: a conditional order that became another one is FINISHED once that one is
_ALGO_STEPS: Mapping[str, OrderUpdateKind] = {**_STEPS, "TRIGGERING": OrderUpdateKind.TRIGGERED}
#: the steps in which something is filled
_FILLING = frozenset({"TRADE", "CALCULATED"})
#: the beginnings of the client ids that the venue gives to its own orders
_FORCED = {
    "autoclose-": FillKind.LIQUIDATION,
    "adl_autoclose": FillKind.ADL,
    "settlement_autoclose-": FillKind.DELIVERY,
    "delivery_autoclose-": FillKind.DELIVERY,
}
_EXPIRY_REASONS: Mapping[str, str | None] = {
    "0": None,
    "1": "self-trade prevention",
    "2": "the rest of an IOC order",
    "3": "the rest of an IOC order, by self-trade prevention",
    "4": "knocked out by a reduce-only order",
    "5": "liquidation",
    "6": "the condition of its GTE was not met",
    "7": "the symbol was delisted",
    "8": "the order that it belongs to expired after its trigger",
    "9": "the rest of a market order",
}
#: the terms that plain and conditional orders have by the same names
_TERM_NAMES: Mapping[str, str | None] = {
    "symbol": "s",
    "side": "S",
    "positionSide": "ps",
    "timeInForce": "f",
    "price": "p",
    "reduceOnly": "R",
    "closePosition": "cp",
    "workingType": "wt",
    "priceProtect": "pP",
    "selfTradePreventionMode": "V",
    "priceMatch": "pm",
    "goodTillDate": "gtd",
}
_ORDER_NAMES: Mapping[str, str | None] = {
    **_TERM_NAMES,
    "orderId": "i",
    "clientOrderId": "c",
    "type": "o",
    "origType": "ot",
    "status": "X",
    "origQty": "q",
    "executedQty": "z",
    "stopPrice": "sp",
    "avgPrice": "ap",
    "priceRate": "cr",
    "time": None,
    "activatePrice": "AP",
    "updateTime": "T",
}
_FILL_NAMES: Mapping[str, str | None] = {
    "id": "t",
    "orderId": "i",
    "symbol": "s",
    "price": "L",
    "qty": "l",
    "time": "T",
    "positionSide": "ps",
    "realizedPnl": "rp",
    "commission": "n",
    "commissionAsset": "N",
    "maker": "m",
}
_ALGO_NAMES: Mapping[str, str | None] = {
    **_TERM_NAMES,
    "algoId": "aid",
    "clientAlgoId": "caid",
    "orderType": "o",
    "algoStatus": "X",
    "quantity": "q",
    "triggerPrice": "tp",
    "callbackRate": None,
    "actualOrderId": "ai",
    "actualQty": "aq",
    "actualPrice": "ap",
    "createTime": None,
    "activatePrice": None,
    "updateTime": None,
}


#: fields that come with a message
_OF_MESSAGE = ("time", "message", "raw")
_TIMES = Reads(
    _Times,
    is_single=True,
    time=milliseconds("E", may_be_blank=True),
    updated_at=derived(lambda changed, made: changed or made, milliseconds("T", may_be_blank=True), Same("time")),
)
_CAUSE = Reads(
    _Cause,
    within=("a",),
    is_single=True,
    reason=text("m", may_be_blank=True),
    symbol=text("S", may_be_blank=True),
    is_funding=derived(lambda reason: reason == FUNDING, Same("reason")),
)


def event_messages(
    plain: PlainRows,
    *,
    of_order: Mapping[str, Any],
    of_position: Mapping[str, Any],
) -> Messages:
    """
    Return the messages of a product; a row is joined with the contract of its symbol.

    ``plain`` are the rows of its reads; ``of_order`` are the sources of the contract that orders and fills have, and
    ``of_position`` those of positions.
    """
    position: dict[str, Any] = {
        "symbol": text("s"),
        "side": words("ps", POSITION_SIDES, unknown=PositionSide),
        "quantity": number("pa"),
        **of_position,
        "unrealized_pnl": number("up"),
        # few words, many rows
        "margin_type": derived(lru_cache(maxsize=16)(margin_type_of), text("mt")),
        "isolated_wallet": only_when(number("iw"), "margin_type", MarginType.ISOLATED),
    }
    return Messages(
        "e",
        {
            "ACCOUNT_UPDATE": Message(*_changes(position), heads=(_TIMES, _CAUSE)),
            **_order_messages(plain, of_order),
            "ACCOUNT_CONFIG_UPDATE": Message(*_settings(), heads=(_TIMES,)),
            "MARGIN_CALL": Message(
                Reads(
                    MarginCall,
                    is_single=True,
                    given=_OF_MESSAGE,
                    positions=(),
                    cross_wallet=number("cw", may_be_blank=True),
                ),
                Reads(
                    Position,
                    within=("p",),
                    key="symbol",
                    given=("updated_at",),
                    **position,
                    mark_price=price("mp"),
                    maintenance_margin=number("mm"),
                ),
                heads=(_TIMES,),
            ),
            EXPIRED: Message(
                Reads(SessionExpiry, is_single=True, given=_OF_MESSAGE, reason=EXPIRED),
                heads=(_TIMES,),
            ),
        },
    )


def _changes(position: Mapping[str, Any]) -> Sequence[Reads[Any]]:
    """Return the parts of a change of the account: its balances and positions, and its funding."""
    movement = number("bc", may_be_blank=True)
    return (
        Reads(
            BalanceUpdate,
            within=("a", "B"),
            may_be_absent=True,
            given=(*_OF_MESSAGE, "reason"),
            balance=Reads(
                Balance, given=("updated_at",), asset=text("a"), wallet=number("wb"), cross_wallet=number("cw")
            ),
            change=movement,
        ),
        Reads(
            PositionUpdate,
            within=("a", "P"),
            may_be_absent=True,
            given=(*_OF_MESSAGE, "reason"),
            position=Reads(
                Position,
                key="symbol",
                given=("updated_at",),
                **position,
                entry_price=price("ep"),
                break_even_price=price("bep", may_be_blank=True),
                realized_pnl=number("cr", may_be_blank=True),
            ),
        ),
        Reads(
            FundingPayment,
            within=("a", "B"),
            may_be_absent=True,
            only_if="is_funding",
            given=(*_OF_MESSAGE, "symbol"),
            asset=text("a"),
            # a balance that did not move was paid nothing
            amount=derived(lambda moved: moved or _ZERO, movement),
        ),
    )


def _order_messages(plain: PlainRows, of_order: Mapping[str, Any]) -> Mapping[str, Message]:
    order = rename(_without_value(plain.order.sources), _ORDER_NAMES)
    fill: dict[str, Any] = rename(_without_value(plain.fills.sources, "side"), _FILL_NAMES)
    fill |= {
        "side": words("S", SIDES, unknown=OrderSide),
        "client_id": text("c", may_be_blank=True),
        "kind": derived(_fill_kind, text("c", may_be_blank=True)),
        **of_order,
    }
    early = {name: fill[name] for name in ("id", "order_id", "symbol", "price", "quantity", "time", "side")}
    early |= {name: fill[name] for name in ("client_id", "kind", "is_maker", *of_order)}
    in_order: dict[str, Any] = {"within": ("o",), "is_single": True, "given": _OF_MESSAGE}
    step = Reads(
        _Step,
        within=("o",),
        is_single=True,
        is_fill=derived(_is_fill, text("x", may_be_blank=True), whole("t", may_be_blank=True)),
    )
    return {
        "ORDER_TRADE_UPDATE": Message(
            Reads(
                OrderUpdate,
                **in_order,
                unread=("a", "b", "si", "ss"),
                change=derived(_step, text("x", is_required=True)),
                order=Reads(
                    Order,
                    key="symbol",
                    **order,
                    **of_order,
                    reject_reason=derived(_expiry_reason, text("er", may_be_blank=True)),
                ),
            ),
            Reads(FillUpdate, **in_order, only_if="is_fill", fill=Reads(Fill, key="symbol", **fill)),
            heads=(_TIMES, step),
        ),
        "TRADE_LITE": Message(
            Reads(
                FillUpdate,
                is_single=True,
                given=_OF_MESSAGE,
                unread=("p", "q"),
                fill=Reads(Fill, key="symbol", **early),
                is_preliminary=True,
            ),
            heads=(_TIMES,),
        ),
        "ALGO_UPDATE": Message(
            Reads(
                OrderUpdate,
                **in_order,
                unread=("act", "at", "ia", "tt"),
                order=Reads(
                    Order,
                    key="symbol",
                    given=("updated_at",),
                    **rename(ALGO_ORDER.sources, _ALGO_NAMES),
                    **of_order,
                    reject_reason=text("rm", may_be_blank=True),
                ),
                change=derived(_algo_step, text("X", may_be_blank=True)),
            ),
            heads=(_TIMES,),
        ),
    }


def _settings() -> Sequence[Reads[Any]]:
    """Return the parts of a change of the settings: the leverage of a symbol, or the modes of the account."""
    return (
        Reads(
            SettingsUpdate,
            within=("ac",),
            is_single=True,
            may_be_absent=True,
            given=_OF_MESSAGE,
            symbol=text("s"),
            leverage=minor("l", 0),
        ),
        Reads(
            SettingsUpdate,
            within=("ai",),
            is_single=True,
            may_be_absent=True,
            given=_OF_MESSAGE,
            asset_mode=derived(_asset_mode, flag("j", may_be_blank=True)),
            position_mode=derived(_position_mode, flag("d", may_be_blank=True)),
        ),
    )


def _without_value(sources: Mapping[str, Source], *more: str) -> dict[str, Any]:
    """Return the sources without the value of fills, which messages lack."""
    return {name: source for name, source in sources.items() if name not in {"filled_value", "value", *more}}


def _fill_kind(client_id: str | None) -> FillKind:
    if client_id is None or "autoclose" not in client_id:
        return FillKind.TRADE
    return next((kind for start, kind in _FORCED.items() if client_id.startswith(start)), FillKind.TRADE)


def _expiry_reason(code: str | None) -> str | None:
    return None if code is None else _EXPIRY_REASONS.get(code, code)


def _asset_mode(multi: bool | None) -> AssetMode | None:
    return None if multi is None else asset_mode_of(multi)


def _position_mode(dual: bool | None) -> PositionMode | None:
    return None if dual is None else position_mode_of(dual)


def _step(word: str) -> OrderUpdateKind:
    return _STEPS.get(word) or OrderUpdateKind(word)


def _is_fill(step: str | None, trade: int | None) -> bool:
    """Say whether there is a fill; one without a trade id could not be known again."""
    return step in _FILLING and trade is not None and trade > 0


def _algo_step(status: str | None) -> OrderUpdateKind:
    return _ALGO_STEPS.get(status or "NEW") or OrderUpdateKind(status or "NEW")
