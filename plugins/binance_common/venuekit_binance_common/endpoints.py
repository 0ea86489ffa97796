"""The operations that differ in their path alone, as functions of the product's root (``/fapi`` or another one)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    InstrumentReader,
    LeverageControl,
    MarginTypeControl,
    Order,
    OrderReader,
    PositionMode,
    PositionModeControl,
    ServerTimeReader,
    Setting,
    SettingsReader,
)
from venuekit.parts.settings.lens import AccountLens, SymbolLens
from venuekit.plugin import Change, Changing, Echoes, Effect, Endpoint, Kind, Parameter, Role, Security, WriteScope
from venuekit_binance_common import payloads
from venuekit_binance_common.enums import MARGIN_TYPE_WORDS
from venuekit_binance_common.orders.rows import ALGO_ORDERS
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.payloads import (
    Acknowledgement,
    InstrumentRow,
    LeverageRow,
    PositionModeRow,
)
from venuekit_binance_common.settings import LEVERAGE_MOST, leverage_answer
from venuekit_binance_common.venue import WEIGHT

#: every operation here pays its weight into the pool of the address
PAYS: Mapping[str, int | None] = {WEIGHT: None}
#: bytes: the instruments are 1 to 2 MB and grow with every listing, and up to 200 orders of every symbol may be open
EVERY_SYMBOL = 16 * 1024 * 1024
SYMBOL = Parameter("symbol", role=Role.SYMBOL)
_REQUIRED_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)


def server_time(root: str) -> Endpoint[datetime]:
    """Return the read of the venue's clock."""
    return Endpoint(
        "GET",
        f"{root}/v1/time",
        decode=payloads.decode_server_time,
        security=Security.NONE,
        pools=PAYS,
        serves=(ServerTimeReader.get_server_time,),
    )


def exchange_info(
    root: str, decode: Callable[[bytes], tuple[InstrumentRow, ...]], *also_serves: Callable[..., Any]
) -> Endpoint[tuple[InstrumentRow, ...]]:
    """Return the read of all instruments."""
    return Endpoint(
        "GET",
        f"{root}/v1/exchangeInfo",
        answer_limit=EVERY_SYMBOL,
        decode=decode,
        security=Security.NONE,
        pools=PAYS,
        rows=(("symbols",),),
        serves=(InstrumentReader.get_instruments, *also_serves),
    )


def _open_orders_weight(parameters: Mapping[str, Any]) -> int:
    return 40 if parameters.get("symbol") is None else 1


def open_orders(terms: OrderTerms, *more: Parameter) -> Endpoint[tuple[Order, ...]]:
    """Return the read of the plain book; ``more`` are its further parameters."""
    return Endpoint(
        "GET",
        f"{terms.root}/v1/openOrders",
        answer_limit=EVERY_SYMBOL,
        decode=terms.rows.orders.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, *more),
        weight=_open_orders_weight,
        weight_most=40,
        pools=PAYS,
        serves=(OrderReader.get_open_orders, SettingsReader.get_settings),
    )


def open_algo_orders(root: str) -> Endpoint[tuple[Order, ...]]:
    """Return the read of the conditional book."""
    return Endpoint(
        "GET",
        f"{root}/v1/openAlgoOrders",
        answer_limit=EVERY_SYMBOL,
        decode=ALGO_ORDERS.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL,),
        weight=_open_orders_weight,
        weight_most=40,
        pools=PAYS,
        serves=(OrderReader.get_open_orders, SettingsReader.get_settings),
    )


def position_mode(root: str, *serves: Callable[..., Any], note: str) -> Endpoint[PositionModeRow]:
    """Return the plain read of the position mode."""
    return Endpoint(
        "GET",
        f"{root}/v1/positionSide/dual",
        decode=payloads.decode_position_mode,
        weight=30,
        pools=PAYS,
        serves=serves,
        note=note,
    )


def set_leverage(
    root: str, decode: Callable[[bytes], LeverageRow], lens: SymbolLens[Any], most: Decimal | None = LEVERAGE_MOST
) -> Endpoint[Change[LeverageRow]]:
    """Return the change of a symbol's leverage; ``most`` is the highest of all symbols, None if unknown."""
    leverage = Parameter("leverage", Kind.INTEGER, required=True, role=Role.LEVERAGE, minimum=Decimal(1), maximum=most)
    return Endpoint(
        "POST",
        f"{root}/v1/leverage",
        decode=Changing(decode),
        parameters=(_REQUIRED_SYMBOL, leverage),
        echoes=Echoes({"symbol": "symbol", "leverage": "leverage"}),
        pools=PAYS,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({Setting.LEVERAGE}),
        readback=lens.leverage_readback(leverage_answer),
        serves=(LeverageControl.set_leverage,),
        note="The brackets of the symbol, region and account say how much is allowed"
        + ("." if most is None else f", at most {most}."),
    )


def set_margin_type(root: str, lens: SymbolLens[Any]) -> Endpoint[Change[Acknowledgement]]:
    """Return the change of a symbol's margin type."""
    return Endpoint(
        "POST",
        f"{root}/v1/marginType",
        decode=Changing(payloads.decode_acknowledgement),
        parameters=(
            _REQUIRED_SYMBOL,
            Parameter("marginType", required=True, choices=frozenset(MARGIN_TYPE_WORDS.values())),
        ),
        pools=PAYS,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({Setting.MARGIN_TYPE}),
        no_change=frozenset({-4046}),
        no_change_is_read=True,
        # answered on a flat symbol without orders that already has the wanted margin type, too
        doubtful=frozenset({-4067}),
        readback=lens.margin_type_readback(),
        serves=(MarginTypeControl.set_margin_type,),
    )


def set_position_mode(root: str, lens: AccountLens[Any, PositionMode]) -> Endpoint[Change[Acknowledgement]]:
    """Return the change of the position mode."""
    return Endpoint(
        "POST",
        f"{root}/v1/positionSide/dual",
        decode=Changing(payloads.decode_acknowledgement),
        parameters=(Parameter("dualSidePosition", Kind.BOOLEAN, required=True),),
        pools=PAYS,
        effect=Effect.SET,
        write_scope=WriteScope.ACCOUNT,
        no_change=frozenset({-4059}),
        no_change_is_read=True,
        readback=lens.readback(),
        serves=(PositionModeControl.set_position_mode,),
    )
