"""Rows: the venue's answers as values; times are ISO 8601, amounts are whole numbers of satoshi."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

import attrs

from venuekit.capabilities import (
    Balance,
    Income,
    IncomeKind,
    Instrument,
    InstrumentKind,
    InstrumentStatus,
    MarginType,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Position,
    PositionSide,
    Unit,
)
from venuekit.parts.columns import Same, derived, flag, identifier, iso, minor, number, price, text, words
from venuekit.parts.rows import Document, Reads
from venuekit.plugin import Secret, Token, payload_decoder

V = TypeVar("V")

#: amounts are counted in units of 1e-8 of the asset
PLACES = 8
SETTLE = "XBT"

MARGINS = {"cross": MarginType.CROSS, "isolated": MarginType.ISOLATED}
UNITS = {"base": Unit.BASE, "contract": Unit.CONTRACTS}
SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
STATES = {
    "resting": OrderStatus.OPEN,
    "part": OrderStatus.PARTIALLY_FILLED,
    "done": OrderStatus.FILLED,
    "gone": OrderStatus.CANCELED,
}
OPEN_STATES = frozenset({"resting", "part"})
INCOMES = {
    "profit": IncomeKind.REALIZED_PNL,
    "fee": IncomeKind.COMMISSION,
    "funding": IncomeKind.FUNDING,
    "transfer": IncomeKind.TRANSFER,
}


# -- public


INSTRUMENTS = Reads(
    Instrument,
    within=("contracts",),
    symbol=text("contract"),
    pair=text("pair"),
    base=text("base"),
    quote=text("quote"),
    settle=text("settle"),
    kind=InstrumentKind.PERPETUAL,
    is_inverse=False,
    contract_size=number("lot"),
    contract_unit=words("unit", UNITS),
    multiplier=minor("multiplier", PLACES, may_be_blank=True),
    status=InstrumentStatus.TRADING,
    price_tick=number("tick"),
    quantity_step=number("step"),
    min_quantity=number("smallest"),
    leverage_min=Decimal(1),
    leverage_max=number("highest"),
    leverage_step=Decimal(1),
)

# -- the account


@attrs.frozen
class AccountRow:
    """The answer to ``GET /v1/account``: its number, and that of its master for a sub-account."""

    account: str
    master: str | None = None


@attrs.frozen
class _TokenRow:
    token: str
    ends: datetime


_read_token = payload_decoder(_TokenRow)


def read_token(body: bytes) -> Token:
    """Decode the answer to ``POST /v1/session``; the text is in no error, since it is read once the shape is right."""
    row = _read_token(body)
    return Token(Secret(row.token), row.ends)


BALANCES = Reads(
    Balance,
    within=("balances",),
    asset=text("asset"),
    wallet=minor("wallet", PLACES),
    equity=minor("equity", PLACES),
    available=minor("free", PLACES),
    updated_at=iso("updated", may_be_blank=True),
)

POSITIONS = Reads(
    Position,
    within=("positions",),
    key="symbol",
    flat="quantity",
    symbol=text("contract"),
    side=PositionSide.BOTH,
    quantity=number("size"),
    contract_size=number("lot"),
    contract_unit=words("unit", UNITS),
    settle=text("settle"),
    entry_price=number("entry", may_be_blank=True),
    mark_price=number("mark"),
    unrealized_pnl=minor("pnl", PLACES),
    leverage=number("leverage"),
    margin_type=words("margin", MARGINS),
    isolated_wallet=minor("collateral", PLACES, may_be_blank=True),
    liquidation_price=price("liquidation", may_be_blank=True),
    updated_at=iso("updated", may_be_blank=True),
)


@attrs.frozen
class LeverageRow:
    """The leverage of a contract under a margin type, for one side; also the answer to a write."""

    contract: str
    margin: str
    side: str
    leverage: Decimal


@attrs.frozen
class SettingsRow:
    """A row of ``GET /v1/settings``; ``orders`` is the number of open ones."""

    contract: str
    margin: str
    size: Decimal
    orders: int
    highest: Decimal
    leverages: tuple[LeverageRow, ...]


# -- orders


def _status(state: str) -> OrderStatus:
    return STATES.get(state) or OrderStatus(state)


def order_reads(*within: str, is_single: bool = False) -> Reads[Order]:
    """Return the declaration of the rows of orders at a place of an answer."""
    return Reads(
        Order,
        within=within,
        is_single=is_single,
        id=identifier("id"),
        client_id=text("client_id", may_be_blank=True),
        symbol=text("contract"),
        kind=OrderKind.PLAIN,
        side=words("side", SIDES, unknown=OrderSide),
        type=words("type", TYPES, unknown=OrderType),
        venue_status=text("state"),
        status=derived(_status, Same("venue_status")),
        quantity=number("size"),
        filled=number("filled"),
        price=number("price", may_be_blank=True),
        average_price=number("mean", may_be_blank=True),
        filled_value=minor("value", PLACES),
        commission=minor("fee", PLACES),
        contract_size=number("lot"),
        contract_unit=words("unit", UNITS),
        reduce_only=flag("reduce_only"),
        created_at=iso("created"),
        updated_at=iso("updated", may_be_blank=True),
    )


ORDER = order_reads("order", is_single=True)
ORDERS = order_reads("orders")


# -- histories

INCOME = Reads(
    Income,
    within=("rows",),
    id=identifier("id"),
    time=iso("at"),
    asset=text("asset"),
    amount=minor("amount", PLACES),
    venue_kind=text("kind"),
    kind=derived(lambda word: INCOMES.get(word, IncomeKind.OTHER), Same("venue_kind")),
    symbol=text("contract", may_be_blank=True),
    order_id=identifier("order", may_be_blank=True),
    balance_after=minor("after", PLACES),
)


@attrs.frozen
class _End:
    cursor: str | None = None


_END = Reads(_End, is_single=True, cursor=text("next", may_be_blank=True))


@attrs.frozen(eq=False)
class Page(Generic[V]):
    """A page of a history, newest first; ``cursor`` asks for the next one, None behind the last."""

    rows: tuple[V, ...]
    cursor: str | None


def page_of(rows: Reads[V]) -> Callable[[bytes], Page[V]]:
    """Return the decoder of a page."""
    return Document(lambda rows, end: Page(rows.values(), end.values()[0].cursor), rows=rows, end=_END)
