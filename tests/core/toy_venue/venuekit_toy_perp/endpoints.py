"""Every endpoint of the venue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    BalanceReader,
    IncomeReader,
    InstrumentReader,
    LeverageControl,
    LeverageReader,
    MarginType,
    MarginTypeControl,
    MarginTypeReader,
    PositionReader,
    ServerTimeReader,
    SettingsReader,
    Unit,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.settings.lens import RowSettings, SymbolLens
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Changing,
    Echoes,
    Effect,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Resolution,
    Role,
    Security,
    Unclear,
    WriteScope,
    payload_decoder,
)
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.payloads import (
    CollateralRow,
    ContractRow,
    IncomeRow,
    LeverageRow,
    MarginRow,
    PositionRow,
    SettingsRow,
    WalletRow,
)

_POOLS = {"weight": None}
_CONTRACT = Parameter("contract", required=True, role=Role.SYMBOL, pattern="[A-Z0-9]{3,20}")
_ANY_CONTRACT = Parameter("contract", role=Role.SYMBOL, pattern="[A-Z0-9]{3,20}")


def is_note(row: Mapping[str, Any]) -> bool:
    """Return whether a row is no movement: the venue writes a note beside each funding."""
    return row.get("why") == "note"


async def _find_settings(call: Call, contract: str) -> SettingsRow:
    (row,) = await call(ToyEndpoints.SETTINGS, contract=contract)
    return row


def state_of(row: SettingsRow) -> RowSettings:
    """Return the settings that a row shows: all that reading, setting and reading back need."""
    return RowSettings(
        row.contract, margin_type=MarginType(row.margin), leverage=row.leverage, position=abs(row.size), matters=True
    )


def _answered(row: LeverageRow) -> RowSettings:
    return RowSettings(row.contract, leverage=row.leverage, max_position=row.largest)


def _leverage_answer(state: RowSettings) -> LeverageRow:
    return LeverageRow(state.symbol, state.leverage or Decimal(0))


def _margin_answer(contract: str, margin_type: MarginType) -> MarginRow:
    return MarginRow(contract, margin_type.value)


_LENS = SymbolLens(
    find_row=_find_settings,
    state=state_of,
    symbol="contract",
    margin_type="margin",
    max_position_unit=Unit.QUOTE,
    answered=_answered,
)


async def _find_collateral(call: Call, lost: Lost) -> Resolution[CollateralRow]:
    """Find the only unclaimed history row between when the write was sent and its fence, as far as clocks agree."""
    since = lost.sent_at - max(timedelta(seconds=1), lost.clock_error)
    until = lost.fence + lost.clock_error
    contract, amount = lost.parameters["contract"], Decimal(lost.parameters["amount"])
    rows = await call(ToyEndpoints.COLLATERAL_HISTORY, contract=contract, since=round(since.timestamp() * 1000))
    fitting = [row for row in rows if row.amount == amount and since <= row.at <= until and row.id not in lost.claimed]
    if not fitting:
        return Absent(f"no added {amount} in {len(rows)} changes of {contract}")
    if len(fitting) > 1:
        return Unclear(f"{len(fitting)} changes of {contract} add {amount}")
    return Applied(fitting[0], claims=fitting[0].id)


class ToyEndpoints(EndpointBook):
    """The endpoints of Toy Perpetuals."""

    SERVER_TIME = Endpoint(
        "GET",
        "/v1/time",
        decode=payload_decoder(datetime, within=("now",)),
        security=Security.NONE,
        pools=_POOLS,
        serves=(ServerTimeReader.get_server_time,),
    )

    CONTRACTS = Endpoint(
        "GET",
        "/v1/contracts",
        decode=payload_decoder(tuple[ContractRow, ...], within=("contracts",)),
        echoes=Echoes.each({"contract": "contract"}),
        parameters=(_ANY_CONTRACT,),
        security=Security.NONE,
        pools=_POOLS,
        serves=(InstrumentReader.get_instruments,),
    )

    WALLET = Endpoint(
        "GET",
        "/v1/wallet",
        decode=payload_decoder(tuple[WalletRow, ...], within=("assets",)),
        weight=5,
        pools=_POOLS,
        serves=(BalanceReader.get_balances,),
    )

    POSITIONS = Endpoint(
        "GET",
        "/v1/positions",
        decode=payload_decoder(tuple[PositionRow, ...], within=("positions",)),
        rows=(("positions",),),
        echoes=Echoes.each({"contract": "contract"}),
        parameters=(_ANY_CONTRACT, Parameter("flat", Kind.BOOLEAN)),
        weight=5,
        pools=_POOLS,
        serves=(PositionReader.get_positions, PositionReader.get_position),
    )

    SETTINGS = Endpoint(
        "GET",
        "/v1/settings",
        decode=payload_decoder(tuple[SettingsRow, ...], within=("settings",)),
        echoes=Echoes.each({"contract": "contract"}),
        parameters=(_ANY_CONTRACT,),
        weight=2,
        pools=_POOLS,
        serves=(LeverageReader.get_leverage, MarginTypeReader.get_margin_type, SettingsReader.get_settings),
    )

    SYMBOL_LENS = _LENS

    SET_LEVERAGE = Endpoint(
        "PUT",
        "/v1/leverage",
        decode=Changing(payload_decoder(LeverageRow)),
        echoes=Echoes({"contract": "contract", "leverage": "leverage"}),
        parameters=(
            _CONTRACT,
            Parameter("leverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
        ),
        pools=_POOLS,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        no_change=frozenset({Code.NOTHING_TO_CHANGE}),
        readback=_LENS.leverage_readback(_leverage_answer),
        serves=(LeverageControl.set_leverage,),
    )

    SET_MARGIN_TYPE = Endpoint(
        "PUT",
        "/v1/margin",
        decode=Changing(payload_decoder(MarginRow)),
        echoes=Echoes({"contract": "contract", "margin": "margin"}),
        parameters=(_CONTRACT, Parameter("margin", required=True, choices=frozenset({"cross", "isolated"}))),
        pools=_POOLS,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        no_change=frozenset({Code.NOTHING_TO_CHANGE}),
        readback=_LENS.margin_type_readback(_margin_answer),
        serves=(MarginTypeControl.set_margin_type,),
    )

    COLLATERAL_HISTORY = Endpoint(
        "GET",
        "/v1/collateral/history",
        decode=payload_decoder(tuple[CollateralRow, ...], within=("changes",)),
        parameters=(_CONTRACT, Parameter("since", Kind.INTEGER)),
        weight=10,
        pools=_POOLS,
    )

    INCOME = Endpoint(
        "GET",
        "/v1/income",
        decode=payload_decoder(tuple[IncomeRow, ...], within=("rows",), drop=is_note),
        parameters=(_ANY_CONTRACT, Parameter("since", Kind.INTEGER), Parameter("until", Kind.INTEGER)),
        weight=10,
        pools=_POOLS,
        rows=(("rows",),),
        serves=(IncomeReader.iter_income,),
    )

    ADD_COLLATERAL = Endpoint(
        "POST",
        "/v1/collateral",
        decode=payload_decoder(CollateralRow),
        echoes=Echoes({"contract": "contract", "amount": "amount"}),
        parameters=(_CONTRACT, Parameter("amount", Kind.DECIMAL, required=True, role=Role.AMOUNT)),
        pools=_POOLS,
        effect=Effect.DELTA,
        write_scope=WriteScope.SYMBOL,
        doubtful=frozenset({Code.SEEN_BEFORE}),
        claims=lambda row: row.id,
        resolve=_find_collateral,
        absence_proof=AbsenceProof(after=timedelta(seconds=1)),
        note="Adds margin to an isolated position; called as an endpoint, without PositionMarginControl.",
    )


TOY = ToyEndpoints()
