"""Every endpoint of the venue: two paths, told apart by the action that a request carries."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from venuekit.capabilities import (
    AccountModeReader,
    BalanceReader,
    IdentityReader,
    InstrumentReader,
    LeverageControl,
    LeverageReader,
    PositionReader,
    SettingsReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.settings.lens import RowSettings, SymbolLens
from venuekit.plugin import (
    Call,
    Changing,
    Echoes,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Parameter,
    Role,
    Security,
    WriteScope,
    payload_decoder,
)
from venuekit_toy_chain.rows import LeverageRow, MarketRow, MoneyRow, PositionRow, SettingsRow, WalletRow

T = TypeVar("T")

POOLS = {"requests": None}
MARKET = Parameter("market", required=True, role=Role.SYMBOL, pattern="[A-Z0-9-]{3,20}")
ANY_MARKET = Parameter("market", role=Role.SYMBOL, pattern="[A-Z0-9-]{3,20}")


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Return the decoder of an answer that is ``ok``."""
    return payload_decoder(kind, within=("ok",))


def info(
    operation: str, decode: Callable[[bytes], T], *parameters: Parameter, security: Security = Security.KEY, **more: Any
) -> Endpoint[T]:
    """Return a read: of the market, or of an account whose wallet the request names."""
    return Endpoint(
        "POST",
        "/info",
        decode=decode,
        action={"type": operation},
        parameters=parameters,
        encoding=Encoding.JSON,
        security=security,
        effect=Effect.READ,
        pools=POOLS,
        note="Reads are sent by POST here.",
        **more,
    )


def exchange(operation: str, decode: Callable[[bytes], T], *parameters: Parameter, **more: Any) -> Endpoint[T]:
    """Return a signed request."""
    return Endpoint(
        "POST",
        "/exchange",
        decode=decode,
        action={"type": operation},
        parameters=parameters,
        encoding=Encoding.JSON,
        pools=POOLS,
        **more,
    )


async def _find_settings(call: Call, market: str) -> SettingsRow:
    (row,) = await call(ChainEndpoints.SETTINGS, market=market)
    return row


def state_of(row: SettingsRow) -> RowSettings:
    """Return the settings that a row shows."""
    return RowSettings(row.market, leverage=row.leverage, position=abs(row.size), matters=True)


_LENS = SymbolLens(
    find_row=_find_settings,
    state=state_of,
    symbol="market",
    answered=lambda row: RowSettings(row.market, leverage=row.leverage),
)


class ChainEndpoints(EndpointBook):
    """The endpoints of Toy Chain, without those of its orders."""

    MARKETS = info(
        "markets",
        decoder(tuple[MarketRow, ...]),
        ANY_MARKET,
        security=Security.NONE,
        echoes=Echoes.each({"market": "market"}),
        serves=(InstrumentReader.get_instruments,),
    )

    MONEY = info("money", decoder(tuple[MoneyRow, ...]), serves=(BalanceReader.get_balances,))

    POSITIONS = info(
        "positions",
        decoder(tuple[PositionRow, ...]),
        ANY_MARKET,
        Parameter("flat", Kind.BOOLEAN),
        rows=(("ok",),),
        echoes=Echoes.each({"market": "market"}),
        serves=(PositionReader.get_positions, PositionReader.get_position),
    )

    WALLET = info(
        "wallet",
        decoder(WalletRow),
        serves=(
            IdentityReader.get_identity,
            AccountModeReader.get_account_mode,
        ),
    )

    SETTINGS = info(
        "settings",
        decoder(tuple[SettingsRow, ...]),
        ANY_MARKET,
        echoes=Echoes.each({"market": "market"}),
        serves=(LeverageReader.get_leverage, SettingsReader.get_settings),
    )

    PING = exchange(
        "ping",
        decoder(bool),
        effect=Effect.READ,
        note="It changes nothing, and its nonce shows that an earlier one cannot arrive any more.",
    )

    SYMBOL_LENS = _LENS

    SET_LEVERAGE = exchange(
        "leverage",
        Changing(decoder(LeverageRow)),
        MARKET,
        Parameter("leverage", Kind.NUMBER, required=True, role=Role.LEVERAGE, minimum=Decimal(1), maximum=Decimal(50)),
        echoes=Echoes({"market": "market", "leverage": "leverage"}),
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        readback=_LENS.leverage_readback(lambda state: LeverageRow(state.symbol, state.leverage or Decimal(0))),
        serves=(LeverageControl.set_leverage,),
    )
