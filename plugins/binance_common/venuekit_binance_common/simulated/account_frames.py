"""Messages of the user stream about the account: wallets and positions, settings, and calls for margin."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide, Setting
from venuekit.simulator.ledger import (
    AccountEvent,
    Contract,
    EventReason,
    Ledger,
    LegState,
    PositionFigures,
    SettingEvent,
    WalletState,
)
from venuekit_binance_common.simulated.formatting import amount, amount_or_zero, milliseconds, plain, quantity
from venuekit_binance_common.simulated.stream_terms import StreamTerms

#: the account's alias
ALIAS = "SgsR"
#: the share of its margin that a position needs when the venue calls for more
_CALL_AT = Decimal("0.8")
_REASONS = {
    EventReason.DEPOSIT: "DEPOSIT",
    EventReason.WITHDRAWAL: "WITHDRAW",
    EventReason.CONVERSION: "AUTO_EXCHANGE",
    EventReason.ORDER: "ORDER",
    EventReason.LIQUIDATION: "ORDER",
    EventReason.FUNDING: "FUNDING_FEE",
    EventReason.MARGIN_TRANSFER: "MARGIN_TRANSFER",
    EventReason.MARGIN_TYPE: "MARGIN_TYPE_CHANGE",
    EventReason.LEVERAGE: "ADJUSTMENT",
    EventReason.ADJUSTMENT: "ADJUSTMENT",
}
_SIDES = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)

Frame = dict[str, Any]


def account_frame(
    event: AccountEvent, ledger: Ledger, contracts: Mapping[str, Contract], purse: str, terms: StreamTerms
) -> Frame | None:
    """
    Return ACCOUNT_UPDATE for the wallets and positions of one product, with all legs of each changed symbol.

    Funding of a cross position is about the wallet alone; that of an isolated one is about the position, too. None
    where the event is about another product.
    """
    balances = [_balance(wallet) for wallet in event.balances if wallet.purse == purse]
    symbols = dict.fromkeys(leg.symbol for leg in event.positions if leg.symbol in contracts)
    is_funding = event.reason is EventReason.FUNDING
    funded = contracts.get(event.symbol or "") if is_funding else None
    if funded is not None and ledger.margin_type(funded.symbol) is MarginType.ISOLATED:
        symbols[funded.symbol] = None
    if not balances and not symbols:
        return None
    changed = {(leg.symbol, leg.side): leg for leg in event.positions}
    reason = _REASONS[event.reason]
    if event.reason is EventReason.LIQUIDATION and not event.positions:
        reason = "INSURANCE_CLEAR"
    body: Frame = {
        "m": reason,
        "B": balances,
        "P": [
            _leg(changed.get((symbol, side)) or _present(ledger, symbol, side), contracts[symbol], terms)
            for symbol in symbols
            for side in _sides(ledger, {leg.side for leg in event.positions if leg.symbol == symbol})
        ],
    }
    if funded is not None and terms.has_funding_symbol:
        body["S"] = funded.symbol
    return {"e": "ACCOUNT_UPDATE", "T": milliseconds(event.time), **alias(terms), "a": body}


def _sides(ledger: Ledger, changed: Collection[PositionSide]) -> tuple[PositionSide, ...]:
    """Return the sides of a symbol: all in hedge mode, in one-way mode that of both, and those that changed."""
    if ledger.position_mode is PositionMode.HEDGE:
        return _SIDES
    return tuple(side for side in _SIDES if side is PositionSide.BOTH or side in changed)


def _balance(wallet: WalletState) -> Frame:
    return {
        "a": wallet.asset,
        "wb": amount(wallet.wallet),
        "cw": amount(wallet.cross_wallet),
        "bc": amount_or_zero(wallet.change),
    }


def _leg(leg: LegState, contract: Contract, terms: StreamTerms) -> Frame:
    return {
        "s": leg.symbol,
        "pa": quantity(leg.quantity, contract) if leg.quantity else "0",
        "ep": plain(leg.entry_price),
        **({"bep": plain(leg.break_even_price)} if terms.has_break_even else {}),
        "cr": plain(leg.realized_pnl),
        "up": amount_or_zero(leg.unrealized_pnl),
        "mt": "isolated" if leg.margin_type is MarginType.ISOLATED else "cross",
        "iw": amount_or_zero(leg.isolated_wallet),
        "ps": leg.side.name,
    }


def _present(ledger: Ledger, symbol: str, side: PositionSide) -> LegState:
    """Return a leg as it is, which an event has not changed."""
    figures = ledger.position(symbol, side)
    return LegState(
        symbol=symbol,
        side=side,
        quantity=figures.quantity,
        entry_price=figures.entry_price,
        break_even_price=figures.break_even_price,
        isolated_wallet=figures.isolated_wallet or Decimal(0),
        realized_pnl=figures.total_realized_pnl,
        unrealized_pnl=figures.unrealized_pnl,
        margin_type=figures.margin_type,
    )


def alias(terms: StreamTerms) -> Frame:
    """Return the alias of the account, where messages have it."""
    return {"i": ALIAS} if terms.has_alias else {}


def setting_frames(
    event: SettingEvent, ledger: Ledger, contracts: Mapping[str, Contract], terms: StreamTerms
) -> Iterator[Frame]:
    """
    Yield the messages about a changed setting of a product.

    ACCOUNT_CONFIG_UPDATE for a leverage and an asset mode, ACCOUNT_UPDATE for a margin type; none for a position mode.
    """
    head = {"e": "ACCOUNT_CONFIG_UPDATE", "T": milliseconds(event.time)}
    contract = contracts.get(event.symbol or "")
    if event.setting is Setting.ASSET_MODE and terms.has_asset_mode:
        yield {**head, "ai": {"j": event.value is AssetMode.MULTI}}
    elif contract is not None and event.setting is Setting.LEVERAGE:
        yield {**head, "ac": {"s": contract.symbol, "l": int(Decimal(str(event.value)))}}
    elif contract is not None and event.setting is Setting.MARGIN_TYPE:
        balance = ledger.balance(contract.settle, purse=contract.purse)
        wallet = WalletState(balance.asset, balance.purse, balance.wallet, balance.cross_wallet, Decimal(0))
        legs = [_leg(_present(ledger, contract.symbol, side), contract, terms) for side in _sides(ledger, ())]
        body = {"m": "MARGIN_TYPE_CHANGE", "B": [_balance(wallet)], "P": legs}
        yield {"e": "ACCOUNT_UPDATE", "T": milliseconds(event.time), **alias(terms), "a": body}


def find_endangered(ledger: Ledger, contracts: Mapping[str, Contract], purse: str) -> list[PositionFigures]:
    """Return the positions of a product that the venue calls for margin of: those near their liquidation."""
    positions = [one for one in ledger.positions() if one.symbol in contracts]
    if not positions:
        return []
    totals = ledger.totals(purse=purse)
    pooled = totals if totals is not None and totals.pooled else None

    def ratio(position: PositionFigures) -> Decimal:
        if position.margin_type is MarginType.ISOLATED:
            return position.margin_ratio or Decimal(0)
        shared = pooled or ledger.balance(position.settle, purse=purse)
        return shared.margin_ratio or Decimal(0)

    return [one for one in positions if ratio(one) >= _CALL_AT]


def margin_call(
    positions: Collection[PositionFigures], ledger: Ledger, contracts: Mapping[str, Contract], terms: StreamTerms
) -> Frame:
    """Return MARGIN_CALL for positions; it has a cross wallet only where one of them uses it."""
    crossed = [one for one in positions if one.margin_type is not MarginType.ISOLATED]
    wallet: Frame = {}
    if crossed:
        contract = contracts[crossed[0].symbol]
        wallet = {"cw": plain(ledger.balance(contract.settle, purse=contract.purse).cross_wallet)}
    rows = [
        {
            "s": one.symbol,
            "ps": one.side.name,
            "pa": quantity(one.quantity, contracts[one.symbol]),
            "mt": "ISOLATED" if one.margin_type is MarginType.ISOLATED else "CROSSED",
            "iw": amount_or_zero(one.isolated_wallet),
            "mp": plain(one.mark_price),
            "up": plain(one.unrealized_pnl),
            "mm": plain(one.maintenance_margin),
        }
        for one in positions
    ]
    return {"e": "MARGIN_CALL", **alias(terms), **wallet, "p": rows}
