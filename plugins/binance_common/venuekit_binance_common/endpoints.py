"""The endpoints that all products have: those that differ in their path alone are made of a product's terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    AdlReader,
    Balance,
    BalanceReader,
    Candle,
    CommissionReader,
    FundingRate,
    Income,
    IncomeReader,
    InstrumentReader,
    LeverageControl,
    ListenKeyControl,
    MarginChangeReader,
    MarginTypeControl,
    PositionMarginControl,
    PositionMode,
    PositionModeControl,
    Price,
    ServerTimeReader,
    Setting,
    UserStream,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Rows
from venuekit.parts.settings.lens import AccountLens, SymbolLens
from venuekit.plugin import (
    Change,
    Changing,
    Echoes,
    Effect,
    Endpoint,
    Kind,
    Parameter,
    Role,
    Secret,
    Security,
    WriteScope,
    payload_decoder,
)
from venuekit_binance_common import payloads
from venuekit_binance_common.enums import MARGIN_TYPE_WORDS, POSITION_SIDES
from venuekit_binance_common.market import (
    AdlRow,
    CommissionRow,
    decode_adl,
    decode_commission,
)
from venuekit_binance_common.market_endpoints import candles
from venuekit_binance_common.orders.endpoints import OrderEndpoints, order_endpoints
from venuekit_binance_common.orders.terms import OrderTerms
from venuekit_binance_common.payloads import (
    Acknowledgement,
    BracketsRow,
    InstrumentRow,
    LeverageRow,
    PositionModeRow,
    leverage_decoder,
)
from venuekit_binance_common.positions.lost_margin import ABSENCE, PositionLegs, margin_before, margin_resolver
from venuekit_binance_common.positions.margin import (
    ADDED,
    REDUCED,
    MarginChangeRow,
    MovedMargin,
    decode_margin_changes,
    decode_moved_margin,
)
from venuekit_binance_common.settings import LEVERAGE_MOST, HeldSettings, leverage_answer
from venuekit_binance_common.venue import EVERY_SYMBOL, PAYS, SPAN, SYMBOL, THE_SYMBOL, limit_up_to
from venuekit_binance_common.wallet import INCOME, balances_read


@attrs.frozen
class _ListenKeyRow:
    listen_key: str | None = attrs.field(default=None, repr=False)


_decode_row = payload_decoder(_ListenKeyRow, renames={_ListenKeyRow: {"listen_key": "listenKey"}})


def _decode_listen_key(body: bytes) -> Secret | None:
    """Return the key; None where the answer is empty, as older documentation prints it."""
    text = _decode_row(body).listen_key
    return None if text is None else Secret(text)


def _decode_nothing(body: bytes) -> None:
    _decode_row(body)


@attrs.frozen
class StreamEndpoints(EndpointBook):
    """
    Start, prolong and end a listen key, which is the account's: ending it ends it for all its users.

    It lives for 60 minutes from each start or prolongation; starting again gives the same one.
    """

    start: Endpoint[Secret | None]
    keep_alive: Endpoint[Secret | None]
    stop: Endpoint[None]


def stream_endpoints(root: str, *, security: Security = Security.KEY, is_over_socket: bool = False) -> StreamEndpoints:
    """
    Return the listen key's endpoints; mostly they carry the API key and no signature.

    ``is_over_socket`` says that the WebSocket API has methods for them.
    """
    methods = {verb: f"userDataStream.{verb}" if is_over_socket else None for verb in ("start", "ping", "stop")}
    path = f"{root}/listenKey"
    common: dict[str, Any] = {"security": security, "pools": PAYS, "effect": Effect.SESSION}
    return StreamEndpoints(
        start=Endpoint(
            "POST",
            path,
            decode=_decode_listen_key,
            serves=(ListenKeyControl.start_listen_key, UserStream.events),
            note="Lives for 60 minutes.",
            websocket_method=methods["start"],
            **common,
        ),
        keep_alive=Endpoint(
            "PUT",
            path,
            decode=_decode_listen_key,
            serves=(ListenKeyControl.keep_listen_key_alive, UserStream.events),
            note="Another 60 minutes.",
            websocket_method=methods["ping"],
            **common,
        ),
        stop=Endpoint(
            "DELETE",
            path,
            decode=_decode_nothing,
            serves=(ListenKeyControl.stop_listen_key,),
            note="For everybody who uses it.",
            websocket_method=methods["stop"],
            **common,
        ),
    )


class BinanceEndpoints(EndpointBook):
    """
    The endpoints that parts of several products read.

    A product's body has those that it does not have as all others do; its terms add the others, of which
    SET_MARGIN_TYPE and SET_POSITION_MODE are read back through the lenses of the body. A body without terms is a base
    of the bodies of several products.
    """

    SERVER_TIME: Endpoint[datetime]
    EXCHANGE_INFO: Endpoint[tuple[InstrumentRow, ...]]
    BALANCE: Endpoint[Rows[Balance]]
    BRACKETS: Endpoint[tuple[BracketsRow, ...]]
    ORDERS: OrderEndpoints
    POSITION_MODE: Endpoint[PositionModeRow]
    SYMBOL_LENS: SymbolLens[HeldSettings]
    POSITION_MODE_LENS: AccountLens[Any, PositionMode]
    SET_LEVERAGE: Endpoint[Change[LeverageRow]]
    SET_MARGIN_TYPE: Endpoint[Change[Acknowledgement]]
    SET_POSITION_MODE: Endpoint[Change[Acknowledgement]]
    MARK_PRICE: Endpoint[tuple[Price, ...]]
    BOOK_TICKER: Endpoint[tuple[Price, ...]]
    LAST_PRICE: Endpoint[tuple[Price, ...]]
    CANDLES: Endpoint[tuple[Candle, ...]]
    FUNDING_RATES: Endpoint[tuple[FundingRate, ...]]
    COMMISSION: Endpoint[CommissionRow]
    ADL: Endpoint[tuple[AdlRow, ...]]
    INCOME: Endpoint[tuple[Income, ...]]
    MARGIN_HISTORY: Endpoint[tuple[MarginChangeRow, ...]]
    POSITION_MARGIN: Endpoint[MovedMargin]

    def __init_subclass__(cls, *, terms: OrderTerms | None = None) -> None:
        """Add the endpoints that are alike on every product."""
        if terms is None:
            return
        root = terms.root
        cls.SERVER_TIME = Endpoint(
            "GET",
            f"{root}/time",
            decode=payloads.decode_server_time,
            security=Security.NONE,
            pools=PAYS,
            serves=(ServerTimeReader.get_server_time,),
        )
        cls.ORDERS = order_endpoints(terms)
        cls.SET_MARGIN_TYPE = Endpoint(
            "POST",
            f"{root}/marginType",
            decode=Changing(payloads.decode_acknowledgement),
            parameters=(
                THE_SYMBOL,
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
            readback=cls.SYMBOL_LENS.margin_type_readback(),
            serves=(MarginTypeControl.set_margin_type,),
        )
        cls.SET_POSITION_MODE = set_mode(
            f"{root}/positionSide/dual", cls.POSITION_MODE_LENS, -4059, PositionModeControl.set_position_mode
        )
        cls.CANDLES = candles(root)
        cls.COMMISSION = Endpoint(
            "GET",
            f"{root}/commissionRate",
            decode=decode_commission,
            echoes=Echoes({"symbol": "symbol"}),
            parameters=(THE_SYMBOL,),
            weight=20,
            pools=PAYS,
            serves=(CommissionReader.get_commission_rate,),
        )
        cls.ADL = Endpoint(
            "GET",
            f"{root}/adlQuantile",
            decode=decode_adl,
            rows=((),),
            echoes=Echoes.each({"symbol": "symbol"}),
            parameters=(SYMBOL,),
            weight=5,
            pools=PAYS,
            serves=(AdlReader.get_adl_quantiles,),
            note="Renewed every 30 seconds.",
        )


def exchange_info(root: str, *also_serves: Callable[..., Any], status: str) -> Endpoint[tuple[InstrumentRow, ...]]:
    """Return the read of all instruments; ``status`` is the product's name for it."""
    return Endpoint(
        "GET",
        f"{root}/exchangeInfo",
        answer_limit=EVERY_SYMBOL,
        decode=payloads.instruments_decoder(status=status),
        security=Security.NONE,
        pools=PAYS,
        rows=(("symbols",),),
        limit_rows=("rateLimits",),
        serves=(InstrumentReader.get_instruments, *also_serves),
    )


def balance(
    path: str, *, weight: int, withdrawable: str, websocket_method: str | None = None
) -> Endpoint[Rows[Balance]]:
    """
    Return the read of the balances; ``withdrawable`` is the product's name of the withdrawable amount.

    Over the WebSocket API its method weighs 5.
    """
    return Endpoint(
        "GET",
        path,
        decode=balances_read(withdrawable=withdrawable),
        rows=((),),
        weight=weight,
        pools=PAYS,
        serves=(BalanceReader.get_balances,),
        websocket_method=websocket_method,
        websocket_weight=None if websocket_method is None else 5,
    )


def position_mode(root: str, *serves: Callable[..., Any], note: str) -> Endpoint[PositionModeRow]:
    """Return the plain read of the position mode."""
    return Endpoint(
        "GET",
        f"{root}/positionSide/dual",
        decode=payloads.decode_position_mode,
        weight=30,
        pools=PAYS,
        serves=serves,
        note=note,
    )


def set_mode(
    path: str, lens: AccountLens[Any, Any], unchanged: int, serves: Callable[..., Any]
) -> Endpoint[Change[Acknowledgement]]:
    """Return the change of a mode of the account; ``unchanged`` is the code for a mode that it already has."""
    return Endpoint(
        "POST",
        path,
        decode=Changing(payloads.decode_acknowledgement),
        parameters=(Parameter(lens.parameter, Kind.BOOLEAN, required=True),),
        pools=PAYS,
        effect=Effect.SET,
        write_scope=WriteScope.ACCOUNT,
        no_change=frozenset({unchanged}),
        no_change_is_read=True,
        readback=lens.readback(),
        serves=(serves,),
    )


def set_leverage(
    root: str, lens: SymbolLens[Any], *, largest: str, most: Decimal | None = LEVERAGE_MOST
) -> Endpoint[Change[LeverageRow]]:
    """
    Return the change of a symbol's leverage.

    ``largest`` is the product's name for the largest position at it; ``most`` is the highest leverage of all symbols,
    None if unknown.
    """
    leverage = Parameter("leverage", Kind.INTEGER, required=True, role=Role.LEVERAGE, minimum=Decimal(1), maximum=most)
    return Endpoint(
        "POST",
        f"{root}/leverage",
        decode=Changing(leverage_decoder(largest=largest)),
        parameters=(THE_SYMBOL, leverage),
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


def income(root: str, *, weight: int, note: str) -> Endpoint[tuple[Income, ...]]:
    """Return the read of the income history."""
    return Endpoint(
        "GET",
        f"{root}/income",
        decode=INCOME.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, Parameter("incomeType"), *SPAN, limit_up_to(1000)),
        weight=weight,
        pools=PAYS,
        serves=(IncomeReader.iter_income,),
        note=note,
    )


def _direction(*, required: bool) -> Parameter:
    return Parameter("type", Kind.INTEGER, required=required, minimum=Decimal(ADDED), maximum=Decimal(REDUCED))


def margin_history(root: str, *, note: str) -> Endpoint[tuple[MarginChangeRow, ...]]:
    """Return the read of the margin that was moved by hand."""
    return Endpoint(
        "GET",
        f"{root}/positionMargin/history",
        decode=decode_margin_changes,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol", "type": "type"}),
        parameters=(THE_SYMBOL, _direction(required=False), *SPAN, limit_up_to(500)),
        pools=PAYS,
        serves=(MarginChangeReader.iter_margin_changes,),
        note=note,
    )


def position_margin(
    root: str, history: Endpoint[tuple[MarginChangeRow, ...]], read_legs: PositionLegs
) -> Endpoint[MovedMargin]:
    """Return the move of margin to a position, or away from it."""
    return Endpoint(
        "POST",
        f"{root}/positionMargin",
        decode=decode_moved_margin,
        echoes=Echoes({"amount": "amount", "type": "type"}),
        parameters=(
            THE_SYMBOL,
            Parameter("positionSide", choices=frozenset(POSITION_SIDES)),
            Parameter("amount", Kind.DECIMAL, required=True, role=Role.AMOUNT),
            _direction(required=True),
        ),
        pools=PAYS,
        effect=Effect.DELTA,
        write_scope=WriteScope.SYMBOL,
        before=margin_before(read_legs),
        resolve=margin_resolver(history, read_legs),
        absence_proof=ABSENCE,
        serves=(PositionMarginControl.add_margin, PositionMarginControl.reduce_margin),
        note="Not idempotent. The history's rows carry no id: finding out about a lost answer assumes that nobody else"
        " moves margin of the position.",
    )
