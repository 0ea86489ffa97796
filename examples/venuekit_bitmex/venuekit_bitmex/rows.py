"""Rows: BitMEX's answers as values; amounts are whole numbers of small units, of which each currency has its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from operator import neg
from typing import Any, TypeVar

import venuekit.capabilities as cap
import venuekit.parts.columns as col
import venuekit.plugin as vk
from venuekit.parts.rows import Reads

E = TypeVar("E", bound=Enum)

#: by currency, as BitMEX writes it: the asset, and the decimals of its amounts (XBt is a satoshi)
CURRENCIES = {"XBt": ("XBT", 8), "USDt": ("USDT", 6), "Gwei": ("ETH", 9)}
PLACES = dict(CURRENCIES.values())


def _table(kind: type[E], **words: str) -> dict[str, E]:
    """Return the members of an enumeration, here by their names, by BitMEX's words."""
    return {word: kind[name] for word, name in words.items()}


KINDS = _table(cap.InstrumentKind, FFWCSX="PERPETUAL", FFCCSX="DELIVERY")
SIDES = _table(cap.OrderSide, Buy="BUY", Sell="SELL")
TYPES = _table(cap.OrderType, Limit="LIMIT", Market="MARKET", Stop="STOP_MARKET", StopLimit="STOP")
TYPES |= _table(cap.OrderType, MarketIfTouched="TAKE_PROFIT_MARKET", LimitIfTouched="TAKE_PROFIT")
TIMES = _table(cap.TimeInForce, GoodTillCancel="GTC", ImmediateOrCancel="IOC", FillOrKill="FOK")
STATES = _table(cap.OrderStatus, New="OPEN", PartiallyFilled="PARTIALLY_FILLED", Filled="FILLED", Canceled="CANCELED")
STATES |= _table(cap.OrderStatus, Rejected="REJECTED", Expired="EXPIRED")
OPEN_STATES = frozenset({"New", "PartiallyFilled", "PendingNew", "PendingCancel"})
#: instructions of an order, which stand in one text with commas between them
POST_ONLY, REDUCE_ONLY, CLOSE = "ParticipateDoNotInitiate", "ReduceOnly", "Close"
PRICES = _table(cap.WorkingPrice, LastPrice="LAST", MarkPrice="MARK", IndexPrice="INDEX")
INCOMES = _table(cap.IncomeKind, RealisedPNL="REALIZED_PNL", Deposit="TRANSFER", Withdrawal="TRANSFER")
INCOMES |= _table(cap.IncomeKind, Transfer="TRANSFER", Conversion="CONVERSION", AffiliatePayout="REBATE")
#: the id of a movement that is none yet: profit of a session that is not over
UNSETTLED = "00000000-0000-0000-0000-000000000000"


def _blank(column: Any, **names: str) -> dict[str, Any]:
    """Return columns that rows may lack, by the fields that are read from them."""
    return {field: column(name, may_be_blank=True) for field, name in names.items()}


# -- money


def _amount(units: int | None, currency: str) -> Decimal | None:
    if currency not in CURRENCIES:
        raise vk.Unfit(f"a currency whose units are known ({', '.join(CURRENCIES)})", currency)
    return None if units is None else Decimal(units).scaleb(-CURRENCIES[currency][1])


def asset(name: str) -> col.Derived:
    """Read the asset of a currency; one that is not known is named as BitMEX writes it."""
    return col.derived(lambda currency: CURRENCIES.get(currency, (currency, 0))[0], col.text(name))


def money(name: str, *, of: str = "currency", change: Callable[[Decimal], Decimal] = Decimal) -> col.Derived:
    """Read an amount in the units of the currency in the column ``of``, which must be known; optional."""

    def read(units: int | None, currency: str) -> Decimal | None:
        amount = _amount(units, currency)
        return None if amount is None else change(amount)

    return col.derived(read, col.whole(name, may_be_blank=True), col.text(of))


# -- markets


def _size(multiplier: int | None, currency: str, is_quanto: bool) -> Decimal | None:
    """Return the size of a contract: the multiplier is its worth, in units of the currency, at a price of 1."""
    known = multiplier if currency in CURRENCIES else None
    return Decimal(1) if is_quanto else _amount(abs(known), currency) if known else None


def _unit(is_quanto: bool | None, is_inverse: bool) -> cap.Unit:
    if is_quanto is None:
        raise vk.Unfit("true or false", is_quanto)
    return cap.Unit.CONTRACTS if is_quanto else cap.Unit.QUOTE if is_inverse else cap.Unit.BASE


def _interval(time: str | None) -> timedelta | None:
    """Return the stretch that is written as a time of day: eight hours are 2000-01-01T08:00:00.000Z."""
    return vk.read_iso(time) - vk.read_iso("2000-01-01T00:00:00Z") if time else None


_TERMS = (col.whole("multiplier", may_be_blank=True), col.text("settlCurrency"), col.flag("isQuanto"))

INSTRUMENTS = Reads(
    cap.Instrument,
    symbol=col.text("symbol"),
    base=col.text("underlying"),
    quote=col.text("quoteCurrency"),
    pair=col.derived("{}{}".format, col.Same("base"), col.Same("quote")),
    settle=asset("settlCurrency"),
    kind=col.words("typ", KINDS, unknown=cap.InstrumentKind),
    is_inverse=col.flag("isInverse"),
    contract_size=col.derived(_size, *_TERMS),
    contract_unit=col.derived(_unit, col.flag("isQuanto"), col.Same("is_inverse")),
    multiplier=col.derived(lambda units, of, is_quanto: _amount(units, of) if is_quanto else None, *_TERMS),
    status=col.words("state", {"Open": cap.InstrumentStatus.TRADING}, unknown=cap.InstrumentStatus),
    **_blank(col.iso, listed_at="listing", expires_at="expiry"),
    **_blank(
        col.number, price_tick="tickSize", max_price="maxPrice", quantity_step="lotSize", max_quantity="maxOrderQty"
    ),
    min_quantity=col.Same("quantity_step"),
    funding_interval=col.derived(_interval, col.text("fundingInterval", may_be_blank=True)),
)


def read_instruments(body: bytes) -> tuple[cap.Instrument, ...]:
    """Decode the list of instruments, without spot pairs and prediction markets."""
    rows = INSTRUMENTS(body)
    return rows.chosen(lambda all_: [place for place, kind in enumerate(all_.column("typ")) if kind in KINDS]).values()


QUOTES = Reads(
    cap.Price,
    symbol=col.text("symbol"),
    **_blank(col.price, bid="bidPrice", ask="askPrice", last="lastPrice", mark="markPrice"),
    **_blank(col.number, index="indicativeSettlePrice", funding_rate="fundingRate"),
    **_blank(col.iso, next_funding_at="fundingTimestamp", time="timestamp"),
)

# -- the account

BALANCES = Reads(
    cap.Balance,
    asset=asset("currency"),
    wallet=money("walletBalance"),
    equity=money("marginBalance"),
    unrealized_pnl=money("unrealisedPnl"),
    available=money("availableMargin"),
    withdrawable=money("withdrawableMargin"),
    **_blank(col.iso, updated_at="timestamp"),
)


def _notional(amount: Decimal | None, unit: cap.Unit | None) -> Decimal | None:
    """Return the worth in the quote; a quanto contract has none."""
    return None if amount is None or unit in {None, cap.Unit.CONTRACTS} else abs(amount)


def _positions(*, is_single: bool = False) -> Reads[cap.Position]:
    """Return the declaration of positions, joined with the instruments of their symbols."""
    isolated = ("margin_type", cap.MarginType.ISOLATED)
    margin_types = {True: cap.MarginType.CROSS, False: cap.MarginType.ISOLATED}
    return Reads(
        cap.Position,
        is_single=is_single,
        key="symbol",
        flat="quantity",
        symbol=col.text("symbol"),
        side=cap.PositionSide.BOTH,
        quantity=col.number("currentQty", is_required=True),
        contract_size=col.Joined("contract_size"),
        contract_unit=col.Joined("contract_unit"),
        settle=asset("currency"),
        **_blank(col.price, entry_price="avgEntryPrice", break_even_price="breakEvenPrice", mark_price="markPrice"),
        **_blank(col.price, liquidation_price="liquidationPrice", bankruptcy_price="bankruptPrice"),
        notional=col.derived(_notional, col.number("foreignNotional", may_be_blank=True), col.Same("contract_unit")),
        value=money("markValue", change=abs),  # its sign says how it moves with the price
        unrealized_pnl=money("unrealisedPnl"),
        margin_type=col.derived(margin_types.get, col.flag("crossMargin")),
        leverage=col.only_when(col.number("leverage", may_be_blank=True), *isolated),  # else the highest one
        isolated_wallet=col.only_when(money("posMargin"), *isolated),
        isolated_margin=col.only_when(money("maintMargin"), *isolated),
        **_blank(col.iso, updated_at="timestamp"),
    )


POSITIONS, POSITION = _positions(), _positions(is_single=True)

# -- orders


def instructions(given: str | None) -> frozenset[str]:
    """Return the instructions of an order."""
    return frozenset((given or "").replace(" ", "").split(","))


def _time_in_force(word: str | None, given: str | None) -> cap.TimeInForce | None:
    if POST_ONLY in instructions(given):
        return cap.TimeInForce.POST_ONLY
    return TIMES.get(word) or cap.TimeInForce(word) if word else None


def _status(word: str, kind: cap.OrderType, triggered: str | None) -> cap.OrderStatus:
    waits = kind.is_conditional and triggered in {None, "", "NotTriggered"}
    return cap.OrderStatus.UNTRIGGERED if waits and word == "New" else STATES.get(word) or cap.OrderStatus(word)


def _working_price(given: str | None, kind: cap.OrderType) -> cap.WorkingPrice | None:
    return next((PRICES[one] for one in PRICES if kind.is_conditional and one in instructions(given)), None)


def _orders(*within: int, is_single: bool = False) -> Reads[cap.Order]:
    """Return the declaration of orders at a place of an answer."""
    given, kind = col.text("execInst", may_be_blank=True), col.Same("type")
    kinds = {True: cap.OrderKind.CONDITIONAL, False: cap.OrderKind.PLAIN}
    price = col.number("price", may_be_blank=True)  # of a market order it is a bound of BitMEX's own
    return Reads(
        cap.Order,
        within=within,
        is_single=is_single,
        id=col.text("orderID"),
        symbol=col.text("symbol"),
        side=col.words("side", SIDES, unknown=cap.OrderSide),
        type=col.words("ordType", TYPES, unknown=cap.OrderType),
        kind=col.derived(lambda type_: kinds[type_.is_conditional], kind),
        venue_status=col.text("ordStatus"),
        status=col.derived(_status, col.Same("venue_status"), kind, col.text("triggered", may_be_blank=True)),
        time_in_force=col.derived(_time_in_force, col.text("timeInForce", may_be_blank=True), given),
        price=col.derived(lambda at, type_: None if type_.is_market else at, price, kind),
        **_blank(col.number, quantity="orderQty", filled="cumQty", trigger_price="stopPx", average_price="avgPx"),
        reduce_only=col.derived(lambda text: bool({REDUCE_ONLY, CLOSE} & instructions(text)), given),
        close_position=col.derived(lambda text: CLOSE in instructions(text), given),
        working_price=col.derived(_working_price, given, kind),
        **_blank(col.text, client_id="clOrdID", reject_reason="ordRejReason"),
        **_blank(col.iso, updated_at="timestamp"),
    )


ORDERS, ORDER, ORDER_IN_LIST = _orders(), _orders(is_single=True), _orders(0, is_single=True)

# -- histories

FILLS = Reads(
    cap.Fill,
    key="symbol",
    id=col.text("execID"),
    order_id=col.text("orderID"),
    client_id=col.text("clOrdID", may_be_blank=True),
    symbol=col.text("symbol"),
    side=col.words("side", SIDES),
    price=col.number("lastPx", is_required=True),
    quantity=col.number("lastQty", is_required=True),
    time=col.iso("timestamp"),
    value=money("execCost", of="settlCurrency", change=abs),
    commission=money("execComm", of="settlCurrency", change=neg),
    commission_asset=asset("settlCurrency"),
    realized_pnl=money("realisedPnl", of="settlCurrency"),
    is_maker=col.words("lastLiquidityInd", {"AddedLiquidity": True, "RemovedLiquidity": False}, may_be_blank=True),
    contract_size=col.Joined("contract_size"),
    contract_unit=col.Joined("contract_unit"),
)


def _moved(units: int | None, currency: str) -> Decimal:
    amount = _amount(units, currency)
    if amount is None:
        raise vk.Unfit("an amount", units)
    return amount


def _moment(time: datetime | None, id_: str) -> datetime:
    if time is None and id_ != UNSETTLED:
        raise vk.Unfit("a time", time)
    return time or vk.from_milliseconds(0)


_WORD, _PLACE = col.Same("venue_kind"), col.text("address", may_be_blank=True)

INCOME = Reads(
    cap.Income,
    id=col.text("transactID"),
    time=col.derived(_moment, col.iso("timestamp", may_be_blank=True), col.text("transactID")),
    asset=asset("currency"),
    amount=col.derived(_moved, col.whole("amount"), col.text("currency")),
    venue_kind=col.text("transactType"),
    kind=col.derived(lambda word: INCOMES.get(word, cap.IncomeKind.OTHER), _WORD),
    symbol=col.derived(lambda word, place: place if word == "RealisedPNL" else None, _WORD, _PLACE),
    balance_after=money("walletBalance"),
)
