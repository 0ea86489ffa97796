"""The venue's side of markets, positions and the wallet: tables of a ledger."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import IncomeKind, MarginType
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, LedgerIncome, PositionFigures
from venuekit_bitmex.simulated.words import UNITS, needed, page, time_text, units

_TYPES = {
    IncomeKind.REALIZED_PNL: "RealisedPNL",
    IncomeKind.COMMISSION: "RealisedPNL",
    IncomeKind.FUNDING: "RealisedPNL",
    IncomeKind.INSURANCE: "RealisedPNL",
    IncomeKind.TRANSFER: "Deposit",
    IncomeKind.CONVERSION: "Conversion",
    IncomeKind.REBATE: "AffiliatePayout",
}
_NO_ID = "00000000-0000-0000-0000-000000000000"


def account_of(visit: Visit) -> int:
    """Return the number of the account."""
    return 0 if visit.key is None or not visit.key.account.isdigit() else int(visit.key.account)


def root(request: SimRequest, visit: Visit) -> object:
    """Return the name of the interface, and the time."""
    return {"name": "BitMEX API", "version": "1.2.0", "timestamp": visit.milliseconds}


def user(request: SimRequest, visit: Visit) -> object:
    """Return the account's owner."""
    account = account_of(visit)
    return {"id": account, "username": f"trader{account}", "email": f"trader{account}@example.invalid", "isUser": True}


# -- markets


def _instrument(contract: Contract, visit: Visit) -> dict[str, object]:
    currency, places = UNITS[contract.settle]
    worth = int(contract.unit_value.scaleb(places))
    mark = visit.ledger.mark(contract.symbol)
    hours = contract.funding_interval.seconds // 3600 if contract.funding_interval else None
    return {
        "symbol": contract.symbol,
        "rootSymbol": contract.base,
        "state": "Open",
        "typ": "FFWCSX",
        "listing": "2016-05-13T12:00:00.000Z",
        "expiry": time_text(contract.expires_at),
        "positionCurrency": contract.quote if contract.is_inverse else "" if contract.is_quanto else contract.base,
        "underlying": contract.base,
        "quoteCurrency": contract.quote,
        "maxOrderQty": contract.max_quantity,
        "maxPrice": contract.max_price,
        "lotSize": contract.quantity_step,
        "tickSize": contract.price_tick,
        "multiplier": -worth if contract.is_inverse else worth,
        "settlCurrency": currency,
        "isQuanto": contract.is_quanto,
        "isInverse": contract.is_inverse,
        "initMargin": 1 / contract.max_leverage,
        "maintMargin": contract.brackets[0].maintenance_margin_rate,
        "riskLimit": units(contract.brackets[0].cap, contract.settle),
        "makerFee": contract.maker_fee,
        "takerFee": contract.taker_fee,
        "fundingTimestamp": None,
        "fundingInterval": None if hours is None else f"2000-01-01T{hours:02}:00:00.000Z",
        "fundingRate": Decimal("0.0001"),
        "bidPrice": mark - contract.price_tick,
        "askPrice": mark + contract.price_tick,
        "lastPrice": mark,
        "markPrice": mark,
        "indicativeSettlePrice": visit.ledger.index(contract.symbol),
        "timestamp": time_text(visit.now),
    }


def active_instruments(request: SimRequest, visit: Visit) -> object:
    """List the contracts that are traded, and a spot pair."""
    spot = {"symbol": "XBT_USDT", "typ": "IFXXXP", "state": "Open", "underlying": "XBT", "quoteCurrency": "USDT"}
    blank = {"settlCurrency": "", "multiplier": 1, "isQuanto": False, "isInverse": False, "tickSize": Decimal("0.5")}
    return [*(_instrument(one, visit) for one in visit.ledger.contracts.values()), {**spot, **blank}]


def instruments(request: SimRequest, visit: Visit) -> object:
    """List the instruments of a symbol, none for one that there is not."""
    symbol = request.text("symbol")
    return [_instrument(one, visit) for one in visit.ledger.contracts.values() if symbol in {None, one.symbol}]


def commissions(request: SimRequest, visit: Visit) -> object:
    """Return the rates of every contract."""
    return {
        symbol: {"makerFee": one.maker_fee, "takerFee": one.taker_fee, "settlementFee": 0, "maxFee": one.taker_fee}
        for symbol, one in visit.ledger.contracts.items()
    }


# -- the wallet


def margins(request: SimRequest, visit: Visit) -> object:
    """Return the margin of a currency, or a list of all."""
    currency = request.text("currency") or "XBt"
    rows = [
        {
            "account": account_of(visit),
            "currency": UNITS[one.asset][0],
            "initMargin": units(one.open_order_initial_margin, one.asset),
            "maintMargin": units(one.position_initial_margin, one.asset),
            "unrealisedPnl": units(one.unrealized_pnl, one.asset),
            "walletBalance": units(one.wallet, one.asset),
            "marginBalance": units(one.equity, one.asset),
            "availableMargin": units(one.available, one.asset),
            "withdrawableMargin": units(one.withdrawable, one.asset),
            "timestamp": time_text(one.updated_at),
        }
        for one in visit.ledger.balances()
    ]
    return rows if currency == "all" else next(row for row in rows if row["currency"] == currency)


def wallet_history(request: SimRequest, visit: Visit) -> object:
    """
    Show the movements of the wallet, newest first; the profit of open positions stands in front, and is none yet.

    BitMEX books the profit of a contract once a session; here every movement is booked as it happens.
    """
    currency = needed(request, "currency")
    rows = [_movement(row, visit) for row in reversed(visit.ledger.incomes())]
    rows = [_pending(one, visit) for one in visit.ledger.positions()] + rows
    return page(request, [row for row in rows if currency in {"all", row["currency"]}])


def _movement(row: LedgerIncome, visit: Visit) -> dict[str, object]:
    word = _TYPES.get(row.kind, row.kind.value)
    return {
        "transactID": row.id,
        "account": account_of(visit),
        "currency": UNITS[row.asset][0],
        "transactType": "Withdrawal" if word == "Deposit" and row.amount < 0 else word,
        "amount": units(row.amount, row.asset),
        "fee": 0,
        "transactStatus": "Completed",
        "address": row.symbol or "",
        "tx": "",
        "text": "",
        "transactTime": time_text(row.time),
        "walletBalance": units(row.balance_after, row.asset),
        "marginBalance": None,
        "timestamp": time_text(row.time),
    }


def _pending(position: PositionFigures, visit: Visit) -> dict[str, object]:
    return {
        "transactID": _NO_ID,
        "account": account_of(visit),
        "currency": UNITS[position.settle][0],
        "transactType": "UnrealisedPNL",
        "amount": units(position.unrealized_pnl, position.settle),
        "fee": 0,
        "transactStatus": "Pending",
        "address": position.symbol,
        "tx": "",
        "text": "",
        "transactTime": None,
        "walletBalance": units(visit.ledger.balance(position.settle).wallet, position.settle),
        "marginBalance": None,
        "timestamp": None,
    }


# -- positions


def positions(request: SimRequest, visit: Visit) -> object:
    """List the positions, flat ones too."""
    ledger = visit.ledger
    return page(request, [position_row(ledger.position(symbol), visit) for symbol in ledger.contracts])


def position_row(figures: PositionFigures, visit: Visit) -> dict[str, object]:
    """Return one position."""
    contract, settle = visit.ledger.contract(figures.symbol), figures.settle
    is_cross = figures.margin_type is MarginType.CROSS
    worth = contract.value(figures.quantity, figures.mark_price)
    notional = contract.notional(figures.quantity, figures.mark_price)
    in_position = figures.position_initial_margin if is_cross else figures.isolated_wallet
    return {
        "account": account_of(visit),
        "symbol": figures.symbol,
        "currency": UNITS[settle][0],
        "underlying": contract.base,
        "quoteCurrency": contract.quote,
        "leverage": contract.max_leverage if is_cross else figures.leverage,
        "crossMargin": is_cross,
        "currentQty": figures.quantity,
        "isOpen": bool(figures.quantity),
        "markPrice": figures.mark_price,
        "markValue": units(-worth if contract.is_inverse else worth, settle),
        "foreignNotional": None if notional is None else notional if contract.is_inverse else -notional,
        "posMargin": units(in_position, settle),
        "maintMargin": units(in_position if is_cross else figures.isolated_margin, settle),
        "realisedPnl": units(figures.realized_pnl + figures.commission, settle),
        "unrealisedPnl": units(figures.unrealized_pnl, settle),
        "avgEntryPrice": figures.entry_price,
        "breakEvenPrice": figures.break_even_price,
        "liquidationPrice": figures.liquidation_price,
        "bankruptPrice": None,
        "timestamp": time_text(figures.updated_at),
    }


def set_leverage(request: SimRequest, visit: Visit) -> object:
    """Isolate a position with a leverage, or make it cross by 0."""
    ledger, symbol, leverage = visit.ledger, needed(request, "symbol"), Decimal(needed(request, "leverage"))
    before = ledger.margin_type(ledger.contract(symbol).symbol)
    if not leverage:
        ledger.set_margin_type(MarginType.CROSS, symbol)
    else:
        ledger.set_margin_type(MarginType.ISOLATED, symbol)
        _set_or_restore(ledger, symbol, leverage, before)
    return position_row(ledger.position(symbol), visit)


def _set_or_restore(ledger: Ledger, symbol: str, leverage: Decimal, before: MarginType) -> None:
    is_set = False
    try:
        ledger.set_leverage(symbol, leverage)
        is_set = True
    finally:
        if not is_set:
            ledger.set_margin_type(before, symbol)


def transfer_margin(request: SimRequest, visit: Visit) -> object:
    """Move margin into a position, or out of it."""
    symbol = needed(request, "symbol")
    places = UNITS[visit.ledger.contract(symbol).settle][1]
    visit.ledger.adjust_margin(symbol, Decimal(needed(request, "amount")).scaleb(-places))
    return position_row(visit.ledger.position(symbol), visit)
