"""Endpoints that set something, and the rows of their answers."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter

import attrs

from venuekit.capabilities import LeverageControl, MarginTypeControl, PositionMode, Setting, TpSlMode, TpSlModeControl
from venuekit.parts.columns import words
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Reads
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import (
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
    WireRow,
    WriteScope,
    read_json,
)
from venuekit_bybit_inverse.endpoints.account import MARGIN_MODES, AccountEndpoints
from venuekit_bybit_inverse.endpoints.positions import PositionEndpoints
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import CATEGORY, INVERSE, SYMBOL, THE_SYMBOL, wire_row

#: the number of hedge mode for switch-mode; one-way is 0
_HEDGE = 3


async def _read_leverage(call: Call, lost: Lost) -> Reading[None]:
    symbol = lost.parameters["symbol"]
    page = await call(PositionEndpoints.POSITION_LIST, category=CATEGORY, symbol=symbol)
    leverage = next((position.leverage for position in page.rows.of({symbol}).values()), None)
    if leverage is None:  # the list has no row of some flat symbols
        infos = await call(PositionEndpoints.SYMBOL_INFO, category=CATEGORY, symbol=symbol)
        leverage = next((info.long for info in infos if info.symbol == symbol), None)
    return Reading(value=leverage, holds=leverage == Decimal(lost.parameters["buyLeverage"]))


async def _read_position_mode(call: Call, lost: Lost) -> Reading[None]:
    which = {name: lost.parameters[name] for name in ("category", "symbol") if name in lost.parameters}
    if "symbol" not in which and "coin" in lost.parameters:
        which["settleCoin"] = lost.parameters["coin"]
    page = await call(PositionEndpoints.POSITION_LIST, **which)
    hedge = any(page.rows.column("positionIdx"))
    wanted = int(lost.parameters["mode"]) == _HEDGE
    return Reading(value=PositionMode.HEDGE if hedge else PositionMode.ONE_WAY, holds=hedge == wanted)


_MARGIN_TYPE_LENS = AccountLens(
    AccountEndpoints.ACCOUNT_INFO,
    attrgetter("margin_type"),
    "setMarginMode",
    {margin_type: mode for mode, margin_type in MARGIN_MODES.items()},
)


TPSL_MODES = {"Full": TpSlMode.FULL, "Partial": TpSlMode.PARTIAL}


@attrs.frozen
class TpSlModeRow:
    """Answer of ``POST /v5/position/set-tpsl-mode``."""

    mode: TpSlMode


_TPSL_MODE = Reads(TpSlModeRow, within=("result",), is_single=True, mode=words("tpSlMode", TPSL_MODES))


@attrs.frozen(eq=False, repr=False)
class RiskRow(WireRow):
    """Answer of ``POST /v5/position/set-risk-limit``."""

    risk_id: int
    risk_limit_value: Decimal | None = None


def _decode_acknowledgement(body: bytes) -> None:
    """
    Read an answer that says nothing but that it was accepted.

    Raises:
        ValueError: it is not JSON, or gives reasons against the change, which an accepted one never does.
    """
    envelope = read_json(body)
    result = envelope.get("result") if isinstance(envelope, dict) else None
    if isinstance(result, dict) and result.get("reasons"):
        raise ValueError("the change was accepted, yet reasons against it were given")


class SettingEndpoints(EndpointBook):
    """Changes of settings."""

    SET_LEVERAGE = Endpoint(
        "POST",
        "/v5/position/set-leverage",
        decode=Changing(_decode_acknowledgement),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("buyLeverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
            Parameter("sellLeverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({Setting.LEVERAGE}),
        no_change=frozenset({110043}),
        no_change_is_read=True,
        readback=_read_leverage,
        pools=cost("set_leverage"),
        serves=(LeverageControl.set_leverage,),
        note="Both leverages must be equal.",
    )

    MARGIN_TYPE_LENS = _MARGIN_TYPE_LENS
    SET_MARGIN_TYPE = Endpoint(
        "POST",
        "/v5/account/set-margin-mode",
        decode=Changing(_decode_acknowledgement),
        parameters=(Parameter("setMarginMode", required=True, choices=frozenset(MARGIN_MODES)),),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        write_scope=WriteScope.ACCOUNT,
        readback=_MARGIN_TYPE_LENS.readback(),
        reads_present=True,
        pools=cost("set_margin_mode"),
        serves=(MarginTypeControl.set_margin_type,),
        note="Of the whole account, over all products. The answer to setting the present mode again is not documented,"
        " so it is read first.",
    )

    SWITCH_MODE = Endpoint(
        "POST",
        "/v5/position/switch-mode",
        decode=Changing(_decode_acknowledgement),
        parameters=(
            Parameter("category", required=True, choices=frozenset({CATEGORY, "linear"})),
            SYMBOL,
            Parameter("coin"),
            Parameter("mode", Kind.INTEGER, required=True, choices=frozenset({"0", "3"})),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        write_scope=WriteScope.ACCOUNT,
        no_change=frozenset({110025}),
        no_change_is_read=True,
        readback=_read_position_mode,
        pools=cost("switch_mode"),
        note="For raw calls only: inverse contracts of a unified account are one-way, and hedge mode is refused"
        " (110029).",
    )

    SET_TPSL_MODE = Endpoint(
        "POST",
        "/v5/position/set-tpsl-mode",
        decode=Changing(_TPSL_MODE.read_one),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("tpSlMode", required=True, choices=frozenset(TPSL_MODES)),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({"tpsl_mode"}),
        pools=cost(),
        serves=(TpSlModeControl.set_tpsl_mode,),
        note="Deprecated by the venue: only a default for requests that name no mode. No read tells it (rows always say"
        " Full), so a lost answer leaves the outcome unknown.",
    )

    SET_RISK_LIMIT = Endpoint(
        "POST",
        "/v5/position/set-risk-limit",
        decode=Changing(wire_row(RiskRow)),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("riskId", Kind.INTEGER, required=True, minimum=Decimal(1)),
            Parameter("positionIdx", Kind.INTEGER, choices=frozenset({"0"})),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({"risk_limit", Setting.LEVERAGE}),  # a tier has a largest leverage
        pools=cost(),
        note="For raw calls only: without effect since 2024-03-12, when the venue began to choose the tier by itself;"
        " so there is nothing to read back.",
    )
