"""Socket cases of the account, its settings and its market, told by what the ledger behind the socket holds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tests.contract.socket_cases import case, ledger_of

from venuekit.capabilities import (
    AssetMode,
    LeverageSetting,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeScope,
    Position,
    PositionMode,
    PositionSide,
)
from venuekit.simulator.ledger import Ledger, PositionFigures, Side
from venuekit.testing import Stage

#: what two ways of rounding may make of one number
TICK = Decimal("1e-8")


def close(told: Decimal | None, held: Decimal | None) -> bool:
    """Say whether two amounts are the same up to the last digit that a venue prints."""
    return told == held if told is None or held is None else abs(told - held) <= TICK


def same(told: object, held: object, pairs: Iterable[tuple[str, str]]) -> None:
    """Compare what a value says with what the ledger holds; what the venue does not tell is left out."""
    compared = 0
    for ours, theirs in pairs:
        value, figure = getattr(told, ours), getattr(held, theirs)
        if value is not None:
            compared += 1
            fits = close(value, figure) if isinstance(value, Decimal) else value == figure
            assert fits, f"{ours}: told {value}, held {figure}"
    assert compared, f"nothing of {told!r} was told"


POSITION = tuple(
    (name, name)
    for name in (
        *("symbol", "side", "quantity", "settle", "entry_price", "break_even_price", "mark_price", "notional"),
        *("unrealized_pnl", "leverage", "margin_type", "isolated_wallet", "isolated_margin"),
        *("position_initial_margin", "open_order_initial_margin", "initial_margin", "maintenance_margin"),
    )
)
BALANCE = tuple(
    (name, name)
    for name in (
        *("asset", "wallet", "cross_wallet", "cross_unrealized_pnl", "unrealized_pnl", "equity", "withdrawable"),
        *("position_initial_margin", "open_order_initial_margin", "initial_margin", "maintenance_margin"),
    )
)


def same_position(told: Position, held: PositionFigures, ledger: Ledger) -> None:
    """Compare a position with the ledger's; the liquidation price to the tick that venues print."""
    same(told, held, POSITION)
    contract = ledger.contract(held.symbol)
    assert (told.contract_size, told.contract_unit) == (contract.contract_size, contract.contract_unit)
    assert told.value is not None
    assert close(told.value, held.value)
    if told.liquidation_price is not None:
        assert held.liquidation_price is not None
        assert abs(told.liquidation_price - held.liquidation_price) <= contract.price_tick


# -- reads


@case("BalanceReader.get_balances")
async def balances(stage: Stage) -> None:
    """Every asset of the ledger, and one asked for."""
    ledger = ledger_of(stage)
    told = {balance.asset: balance for balance in await stage.account.get_balances()}
    held = {figures.asset: figures for figures in ledger.balances() if figures.wallet}
    assert held.keys() <= told.keys()
    for asset, figures in held.items():
        same(told[asset], figures, BALANCE)
        (alone,) = await stage.account.get_balances(asset=asset)
        assert alone == told[asset]
    assert await stage.account.get_balances(asset="NOSUCH") == ()


@case("AccountModeReader.get_account_mode", "flat")
async def account_mode(stage: Stage) -> None:
    """The mode that the account has, and the one that it has in the scenarios that are about modes."""
    ledger = ledger_of(stage)
    assert (await stage.account.get_account_mode()).mode is ledger.account_mode
    assert stage.venue.simulated is not None
    for scenario in stage.venue.simulated().scenarios:
        if scenario.name not in {"flat", "holding"}:
            scenario.stage(ledger)
            assert (await stage.account.get_account_mode()).mode is ledger.account_mode


@case("PositionReader.get_positions")
async def positions(stage: Stage) -> None:
    """Every open position of the ledger, and none that is flat; a second one appears when it is opened."""
    ledger = ledger_of(stage)
    for _ in range(2):
        told = {(one.symbol, one.side): one for one in await stage.account.get_positions()}
        held = {(one.symbol, one.side): one for one in ledger.positions()}
        assert told.keys() == held.keys()
        for key, position in told.items():
            same_position(position, held[key], ledger)
        (alone,) = await stage.account.get_positions(symbol=stage.scenario.held)
        assert (alone.symbol, alone.quantity) == (stage.scenario.held, ledger.position(alone.symbol).quantity)
        flat = stage.scenario.flat
        ledger.fill(flat, Side.SELL, Decimal(2), ledger.mark(flat))
    assert len(told) == 2


@case("PositionReader.get_position")
async def position(stage: Stage) -> None:
    """The position that is held; a flat one with its leverage; in hedge mode the leg that is asked for."""
    ledger = ledger_of(stage)
    held = stage.scenario.held
    assert held is not None
    same_position(await stage.account.get_position(held), ledger.position(held), ledger)
    flat = await stage.account.get_position(stage.scenario.flat)
    assert (flat.quantity, flat.leverage) == (0, ledger.leverage(stage.scenario.flat))
    if ledger.rules.hedge_mode:
        ledger.fill(held, Side.SELL, ledger.position(held).quantity, ledger.mark(held))
        ledger.set_position_mode(PositionMode.HEDGE)
        ledger.fill(held, Side.SELL, Decimal(1), ledger.mark(held), PositionSide.SHORT)
        short = await stage.account.get_position(held, side=PositionSide.SHORT)
        same_position(short, ledger.position(held, PositionSide.SHORT), ledger)
        assert short.quantity == -1


@case("AccountReader.get_account")
async def account(stage: Stage) -> None:
    """Totals, modes, balances, positions and collateral, as far as the venue tells them."""
    ledger = ledger_of(stage)
    told = await stage.account.get_account()
    assert told.position_mode is ledger.position_mode
    assert told.asset_mode in {None, ledger.asset_mode}
    assert {one.symbol for one in told.positions} == {one.symbol for one in ledger.positions()}
    held = {figures.asset: figures for figures in ledger.balances(purse=ledger.contract(stage.scenario.flat).purse)}
    for balance in told.balances:
        same(balance, held[balance.asset], BALANCE)
    if stage.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT:
        assert told.margin_type is ledger.margin_type()
    if told.collateral is not None:
        switched = {one.asset: one.switched_on for one in told.collateral}
        assert all(switched[figures.asset] is figures.is_collateral for figures in held.values())
    if told.total_wallet is not None:
        totals = ledger.totals()
        assert totals is not None
        names = {
            "total_wallet": "wallet",
            "total_equity": "equity",
            "total_unrealized_pnl": "unrealized_pnl",
            "total_initial_margin": "initial_margin",
            "total_maintenance_margin": "maintenance_margin",
            "total_available": "available",
        }
        same(told, totals, names.items())


@case("LeverageReader.get_leverage")
async def leverage(stage: Stage) -> None:
    """The leverage of a held and of a flat symbol."""
    for symbol in (stage.scenario.held, stage.scenario.flat):
        assert symbol is not None
        told: LeverageSetting = await stage.account.get_leverage(symbol)
        held = ledger_of(stage).leverage(symbol)
        assert (told.symbol, told.long, told.short, told.changed) == (symbol, held, held, None)


@case("MarginTypeReader.get_margin_type")
async def margin_type(stage: Stage) -> None:
    """The margin type of a symbol, or of the account where it is the account's."""
    ledger = ledger_of(stage)
    if stage.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT:
        assert (await stage.account.get_margin_type()).margin_type is ledger.margin_type()
        return
    for symbol in (stage.scenario.held, stage.scenario.flat):
        assert (await stage.account.get_margin_type(symbol)).margin_type is ledger.margin_type(symbol)


@case("PositionModeReader.get_position_mode", "flat")
async def position_mode(stage: Stage) -> None:
    """The position mode, also after somebody else changed it."""
    ledger = ledger_of(stage)
    assert (await stage.account.get_position_mode()).mode is PositionMode.ONE_WAY is ledger.position_mode
    if ledger.rules.hedge_mode:
        ledger.set_position_mode(PositionMode.HEDGE)
        assert (await stage.account.get_position_mode()).mode is PositionMode.HEDGE


@case("AssetModeReader.get_asset_mode", "flat")
async def asset_mode(stage: Stage) -> None:
    """The asset mode, also after somebody else changed it."""
    assert (await stage.account.get_asset_mode()).mode is AssetMode.SINGLE
    ledger_of(stage).set_asset_mode(AssetMode.MULTI)
    assert (await stage.account.get_asset_mode()).mode is AssetMode.MULTI


@case("BracketReader.get_brackets")
async def brackets(stage: Stage) -> None:
    """The tiers of one symbol, and of all."""
    ledger = ledger_of(stage)
    symbol = stage.scenario.flat
    told = await stage.account.get_brackets(symbol=symbol)
    tiers = ledger.contract(symbol).brackets
    assert [one.tier for one in told] == [tier.tier for tier in tiers]
    names = ("floor", "cap", "max_leverage", "maintenance_margin_rate", "deduction")
    for bracket, tier in zip(told, tiers, strict=True):
        same(bracket, tier, [(name, name) for name in names])
    everything = await stage.account.get_brackets()
    assert {one.symbol for one in everything} == ledger.contracts.keys()
    assert [(one.symbol, one.tier) for one in everything] == sorted((one.symbol, one.tier) for one in everything)


@case("InstrumentReader.get_instruments")
async def instruments(stage: Stage) -> None:
    """Every contract of the ledger with its steps, and one asked for."""
    contracts = ledger_of(stage).contracts
    told = {one.symbol: one for one in await stage.account.get_instruments()}
    assert told.keys() == contracts.keys()
    names = ("pair", "base", "quote", "settle", "is_inverse", "contract_size", "contract_unit", "price_tick")
    more = ("quantity_step", "min_quantity", "max_quantity", "min_notional", "expires_at", "funding_interval")
    for symbol, instrument in told.items():
        same(instrument, contracts[symbol], [(name, name) for name in (*names, *more)])
    (alone,) = await stage.account.get_instruments(symbol=stage.scenario.flat)
    assert alone.symbol == stage.scenario.flat


@case("ServerTimeReader.get_server_time")
async def server_time(stage: Stage) -> None:
    """The venue's clock, also when it is not ours."""
    for seconds in (0, 3):
        stage.simulation.skew(seconds)
        told = await stage.account.get_server_time()
        assert round(told.timestamp() * 1000) == stage.simulation.milliseconds()


# -- settings


@case("LeverageControl.set_leverage")
async def set_leverage(stage: Stage) -> None:
    """The leverage changes in the ledger, and what the venue then allows is told."""
    ledger, symbol = ledger_of(stage), stage.scenario.flat
    told: LeverageSetting = await stage.account.set_leverage(symbol, 7)
    assert (told.symbol, told.long, told.short, told.changed) == (symbol, Decimal(7), Decimal(7), True)
    assert ledger.leverage(symbol) == 7
    assert told.max_position in {None, ledger.max_position(symbol)}


@case("MarginTypeControl.set_margin_type", "flat")
async def set_margin_type(stage: Stage) -> None:
    """The margin type changes in the ledger, of the symbol or of the account."""
    ledger, symbol = ledger_of(stage), stage.scenario.flat
    is_account = stage.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT
    where = None if is_account else symbol
    told = await stage.account.set_margin_type(where, MarginType.ISOLATED, account_wide=is_account)
    assert (told.symbol, told.margin_type, told.changed) == (where, MarginType.ISOLATED, True)
    assert ledger.margin_type(where) is MarginType.ISOLATED


@case("PositionModeControl.set_position_mode", "flat")
async def set_position_mode(stage: Stage) -> None:
    """The position mode of the account changes in the ledger."""
    told = await stage.account.set_position_mode(PositionMode.HEDGE)
    assert (told.mode, told.changed) == (PositionMode.HEDGE, True)
    assert ledger_of(stage).position_mode is PositionMode.HEDGE


@case("AssetModeControl.set_asset_mode", "flat")
async def set_asset_mode(stage: Stage) -> None:
    """The asset mode of the account changes in the ledger."""
    told = await stage.account.set_asset_mode(AssetMode.MULTI)
    assert (told.mode, told.changed) == (AssetMode.MULTI, True)
    assert ledger_of(stage).asset_mode is AssetMode.MULTI
