"""
The rows of messages of a user stream, as declarations of the values that they become.

Orders and fills are those of the reads, whose columns have short names here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import attrs

from venuekit.capabilities import (
    AssetMode,
    Balance,
    Fill,
    FillKind,
    MarginType,
    Order,
    OrderSide,
    OrderUpdateKind,
    Position,
    PositionMode,
    PositionSide,
)
from venuekit.parts.columns import (
    Source,
    derived,
    flag,
    minor,
    number,
    only_when,
    price,
    rename,
    text,
    words,
)
from venuekit.parts.rows import Document, Reads
from venuekit_binance_common.enums import POSITION_SIDES, SIDES, asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.orders.rows import ALGO_ORDER, PlainRows


@attrs.frozen
class Movement:
    """The movement of a balance without profit and commission; older messages lack it."""

    amount: Decimal | None = None


@attrs.frozen
class AlgoStep:
    """The step of a conditional order, which is its new status."""

    change: OrderUpdateKind


@attrs.frozen
class SymbolLeverage:
    """A leverage that was changed."""

    symbol: str
    leverage: Decimal


@attrs.frozen
class AccountModes:
    """The modes of the account after one of them was changed; only some venues name the position mode."""

    asset_mode: AssetMode | None = None
    position_mode: PositionMode | None = None


@attrs.frozen
class Call:
    """The wallet behind cross positions, of a margin call about such."""

    cross_wallet: Decimal | None = None


STEPS: Mapping[str, OrderUpdateKind] = {kind.name: kind for kind in OrderUpdateKind}
#: a conditional order that became another one is FINISHED once that one is
_ALGO_STEPS: Mapping[str, OrderUpdateKind] = {**STEPS, "TRIGGERING": OrderUpdateKind.TRIGGERED}
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
    "createTime": None,
    "activatePrice": None,
    "updateTime": None,
}


@attrs.frozen(kw_only=True, eq=False)
class MessageRows:
    """The declarations of a product's messages; a row is joined with the contract of its symbol."""

    account: Document[Any]
    order: Document[Any]
    filled_order: Document[Any]
    early_fill: Document[Any]
    algo_order: Document[Any]
    settings: Document[Any]
    margin_call: Document[Any]


def message_rows(
    plain: PlainRows,
    *,
    of_order: Mapping[str, Any],
    of_position: Mapping[str, Any],
) -> MessageRows:
    """
    Return the declarations of a product.

    ``plain`` are the rows of its reads; ``of_order`` are the sources of the contract that orders and fills have, and
    ``of_position`` those of positions.
    """
    order = _without_value(plain.order.sources)
    open_side = words("S", SIDES, unknown=OrderSide)
    fill = rename(_without_value(plain.fills.sources, "side"), _FILL_NAMES)
    fill |= {
        "side": open_side,
        "client_id": text("c", may_be_blank=True),
        "kind": derived(_fill_kind, text("c", may_be_blank=True)),
        **of_order,
    }
    early = {name: fill[name] for name in ("id", "order_id", "symbol", "price", "quantity", "time", "side")}
    early |= {name: fill[name] for name in ("client_id", "kind", "is_maker", *of_order)}
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
    order_reads = Reads(
        Order,
        within=("o",),
        is_single=True,
        key="symbol",
        unread=("a", "b", "si", "ss"),
        **rename(order, _ORDER_NAMES),
        **of_order,
        reject_reason=derived(_expiry_reason, text("er", may_be_blank=True)),
    )
    return MessageRows(
        account=Document(
            tuple,
            balances=Reads(
                Balance,
                within=("a", "B"),
                may_be_absent=True,
                given=("updated_at",),
                asset=text("a"),
                wallet=number("wb"),
                cross_wallet=number("cw"),
            ),
            movements=Reads(Movement, within=("a", "B"), may_be_absent=True, amount=number("bc", may_be_blank=True)),
            positions=Reads(
                Position,
                within=("a", "P"),
                may_be_absent=True,
                key="symbol",
                given=("updated_at",),
                **position,
                entry_price=price("ep"),
                break_even_price=price("bep", may_be_blank=True),
                realized_pnl=number("cr", may_be_blank=True),
            ),
        ),
        order=Document(tuple, order=order_reads),
        filled_order=Document(
            tuple, order=order_reads, fill=Reads(Fill, within=("o",), is_single=True, key="symbol", **fill)
        ),
        early_fill=Document(tuple, fill=Reads(Fill, is_single=True, key="symbol", unread=("p", "q"), **early)),
        algo_order=Document(
            tuple,
            order=Reads(
                Order,
                within=("o",),
                is_single=True,
                key="symbol",
                given=("updated_at",),
                unread=("act", "ap", "aq", "at", "ia", "tt"),
                **rename(ALGO_ORDER.sources, _ALGO_NAMES),
                **of_order,
                reject_reason=text("rm", may_be_blank=True),
            ),
            step=Reads(
                AlgoStep, within=("o",), is_single=True, change=derived(_algo_step, text("X", may_be_blank=True))
            ),
        ),
        settings=Document(
            tuple,
            leverages=Reads(
                SymbolLeverage,
                within=("ac",),
                is_single=True,
                may_be_absent=True,
                symbol=text("s"),
                leverage=minor("l", 0),
            ),
            modes=Reads(
                AccountModes,
                within=("ai",),
                is_single=True,
                may_be_absent=True,
                asset_mode=derived(_asset_mode, flag("j", may_be_blank=True)),
                position_mode=derived(_position_mode, flag("d", may_be_blank=True)),
            ),
        ),
        margin_call=Document(
            tuple,
            call=Reads(Call, is_single=True, cross_wallet=number("cw", may_be_blank=True)),
            positions=Reads(
                Position,
                within=("p",),
                key="symbol",
                given=("updated_at",),
                **position,
                mark_price=price("mp"),
                maintenance_margin=number("mm"),
            ),
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


def _algo_step(status: str | None) -> OrderUpdateKind:
    return _ALGO_STEPS.get(status or "NEW") or OrderUpdateKind(status or "NEW")
