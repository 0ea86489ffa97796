"""Every endpoint of Bybit that this venue reads or writes, declared once."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    AccountReader,
    BalanceReader,
    BracketReader,
    InstrumentReader,
    LeverageControl,
    LeverageReader,
    MarginTypeControl,
    MarginTypeReader,
    PositionMode,
    PositionReader,
    ServerTime,
    SettingsReader,
)
from venuekit.endpoint import (
    Call,
    Changing,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Reading,
    Role,
    Security,
    Subject,
)
from venuekit_bybit_inverse import payloads
from venuekit_bybit_inverse.limits import paid

__all__ = [
    "ACCOUNT_INFO",
    "CATEGORY",
    "COLLATERAL_INFO",
    "ENDPOINTS",
    "INSTRUMENTS",
    "OPEN_ORDERS",
    "POSITION_LIST",
    "RISK_LIMITS",
    "SERVER_TIME",
    "SET_LEVERAGE",
    "SET_MARGIN_MODE",
    "SWITCH_MODE",
    "SYMBOL_INFO",
    "WALLET_BALANCE",
]

#: the product line this venue is about
CATEGORY = "inverse"
#: what switch-mode calls hedge mode; one-way is 0
_HEDGE = 3

_INVERSE = Parameter("category", required=True, choices=frozenset({CATEGORY}))
# The margin mode is the account's over all products, so the positions and orders of the others can be read too.
_ANY_PRODUCT = Parameter("category", required=True, choices=frozenset({CATEGORY, "linear", "option"}))
_SYMBOL = Parameter("symbol", role=Role.SYMBOL)
_THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
_CURSOR = Parameter("cursor")


def _limit(most: int) -> Parameter:
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))


SERVER_TIME = Endpoint(
    "GET",
    "/v5/market/time",
    decode=payloads.decode_server_time,
    security=Security.NONE,
    pools=paid(),
    serves=(ServerTime.get_server_time,),
)

INSTRUMENTS = Endpoint(
    "GET",
    "/v5/market/instruments-info",
    decode=payloads.decode_instruments,
    parameters=(_INVERSE, _SYMBOL, _limit(1000), _CURSOR),
    security=Security.NONE,
    pools=paid(),
    serves=(InstrumentReader.get_instruments,),
)

RISK_LIMITS = Endpoint(
    "GET",
    "/v5/market/risk-limit",
    decode=payloads.decode_risk_limits,
    parameters=(_INVERSE, _SYMBOL, _CURSOR),
    security=Security.NONE,
    pools=paid(),
    serves=(BracketReader.get_brackets,),
)

ACCOUNT_INFO = Endpoint(
    "GET",
    "/v5/account/info",
    decode=payloads.decode_account_info,
    pools=paid("account_info"),
    serves=(
        AccountReader.get_account,
        MarginTypeReader.get_margin_type,
        PositionReader.get_positions,
        PositionReader.get_position,
        BalanceReader.get_balances,
        SettingsReader.read_settings,
    ),
    note="Tells the kind of the account, once when it is opened, and its margin mode.",
)

WALLET_BALANCE = Endpoint(
    "GET",
    "/v5/account/wallet-balance",
    decode=payloads.decode_wallet,
    parameters=(Parameter("accountType", required=True, choices=frozenset({"UNIFIED"})), Parameter("coin")),
    pools=paid("wallet_balance"),
    serves=(BalanceReader.get_balances, AccountReader.get_account),
    note="Without a coin, only coins whose balance is not zero.",
)

COLLATERAL_INFO = Endpoint(
    "GET",
    "/v5/account/collateral-info",
    decode=payloads.decode_collateral,
    parameters=(Parameter("currency"),),
    pools=paid("collateral_info"),
    serves=(AccountReader.get_account,),
    note="In cross margin an inverse contract needs its settle coin switched on as collateral.",
)

POSITION_LIST = Endpoint(
    "GET",
    "/v5/position/list",
    decode=payloads.decode_positions,
    parameters=(_ANY_PRODUCT, _SYMBOL, Parameter("settleCoin"), _limit(200), _CURSOR),
    pools=paid("position_list"),
    serves=(
        PositionReader.get_positions,
        PositionReader.get_position,
        LeverageReader.get_leverage,
        AccountReader.get_account,
        SettingsReader.read_settings,
    ),
    note="With a symbol also the flat row; without one, open positions only.",
)

SYMBOL_INFO = Endpoint(
    "GET",
    "/v5/position/symbol-info",
    decode=payloads.decode_symbol_info,
    parameters=(_INVERSE, _SYMBOL),
    pools=paid("symbol_info"),
    serves=(LeverageReader.get_leverage,),
    note="Asked only when the position list has no row for the symbol.",
)

OPEN_ORDERS = Endpoint(
    "GET",
    "/v5/order/realtime",
    decode=payloads.decode_orders,
    parameters=(
        _ANY_PRODUCT,
        _SYMBOL,
        Parameter("settleCoin"),
        Parameter("openOnly", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(1)),
        _limit(50),
        _CURSOR,
    ),
    pools=paid("order_realtime"),
    serves=(SettingsReader.read_settings,),
)


async def _read_leverage(call: Call, lost: Lost) -> Reading[None]:
    page = await call(POSITION_LIST, category=CATEGORY, symbol=lost.parameters["symbol"])
    leverage = next((row.leverage for row in page.rows), None)
    return Reading(value=leverage, holds=leverage == Decimal(lost.parameters["buyLeverage"]))


async def _read_margin_mode(call: Call, lost: Lost) -> Reading[None]:
    mode = (await call(ACCOUNT_INFO)).margin_mode
    return Reading(value=mode.margin_type, holds=mode == lost.parameters["setMarginMode"])


async def _read_position_mode(call: Call, lost: Lost) -> Reading[None]:
    which = {name: lost.parameters[name] for name in ("category", "symbol") if name in lost.parameters}
    if "symbol" not in which and "coin" in lost.parameters:
        which["settleCoin"] = lost.parameters["coin"]
    page = await call(POSITION_LIST, **which)
    hedge = any(row.position_idx for row in page.rows)
    wanted = int(lost.parameters["mode"]) == _HEDGE
    return Reading(value=PositionMode.HEDGE if hedge else PositionMode.ONE_WAY, holds=hedge == wanted)


SET_LEVERAGE = Endpoint(
    "POST",
    "/v5/position/set-leverage",
    decode=Changing(payloads.acknowledged),
    parameters=(
        _INVERSE,
        _THE_SYMBOL,
        Parameter("buyLeverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
        Parameter("sellLeverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
    ),
    encoding=Encoding.JSON,
    effect=Effect.SET,
    subject=Subject.SYMBOL,
    no_change=frozenset({110043}),
    readback=_read_leverage,
    pools=paid("set_leverage"),
    serves=(LeverageControl.set_leverage,),
    note="Both leverages must be equal.",
)

SET_MARGIN_MODE = Endpoint(
    "POST",
    "/v5/account/set-margin-mode",
    decode=Changing(payloads.acknowledged),
    parameters=(
        Parameter("setMarginMode", required=True, choices=frozenset(mode.value for mode in payloads.MarginMode)),
    ),
    encoding=Encoding.JSON,
    effect=Effect.SET,
    subject=Subject.ACCOUNT,
    readback=_read_margin_mode,
    pools=paid("set_margin_mode"),
    serves=(MarginTypeControl.set_margin_type,),
    note="Of the whole account, over all products. The answer to setting the present mode again is not documented, so"
    " set_margin_type reads first.",
)

SWITCH_MODE = Endpoint(
    "POST",
    "/v5/position/switch-mode",
    decode=Changing(payloads.acknowledged),
    parameters=(
        Parameter("category", required=True, choices=frozenset({CATEGORY, "linear"})),
        _SYMBOL,
        Parameter("coin"),
        Parameter("mode", Kind.INTEGER, required=True, choices=frozenset({"0", "3"})),
    ),
    encoding=Encoding.JSON,
    effect=Effect.SET,
    subject=Subject.ACCOUNT,
    no_change=frozenset({110025}),
    readback=_read_position_mode,
    pools=paid("switch_mode"),
    note="For raw calls only: inverse contracts of a unified account are one-way, and hedge mode is refused (110029).",
)

ENDPOINTS = (
    SERVER_TIME,
    INSTRUMENTS,
    RISK_LIMITS,
    ACCOUNT_INFO,
    WALLET_BALANCE,
    COLLATERAL_INFO,
    POSITION_LIST,
    SYMBOL_INFO,
    OPEN_ORDERS,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    SWITCH_MODE,
)
