"""The row registry as values, and what makes one's way from its words to code."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from venuekit import capabilities
from venuekit.capabilities import (
    Amendment,
    AssetMode,
    MarginType,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMode,
    PositionSide,
    TimeInForce,
    TpSlMode,
    WorkingPrice,
)

_HERE = Path(__file__).parent


@attrs.frozen(kw_only=True)
class Refused:
    """
    A refusal of a row: how it is provoked, and what the caller sees.

    ``answer`` names the recorded answer that the venue gives instead of its own, where no simulation refuses so.
    """

    error: str
    words: str
    scenario: str
    method: str = ""
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    code: int | None = None
    before: str | None = None
    outcome: str = "not_applied"
    opening_body: str | None = None
    answer: str | None = None

    @property
    def label(self) -> str:
        """What identifies it within its row."""
        return f"{self.code or self.error}-{self.before or self.method or self.opening_body}-{self.words[-40:]}"


@attrs.frozen(kw_only=True)
class NoChange:
    """A code that means "it is so already", and the call that meets it."""

    code: int
    method: str
    arguments: Mapping[str, Any]
    before: str | None = None


def _refusals(tables: Iterable[Mapping[str, Any] | Refused]) -> tuple[Refused, ...]:
    """Return the refusals of tables; a row evolved from another brings its own."""
    return tuple(one if isinstance(one, Refused) else Refused(**one) for one in tables)


def _no_changes(tables: Iterable[Mapping[str, Any] | NoChange]) -> tuple[NoChange, ...]:
    """Return the codes of tables; a row evolved from another brings its own."""
    return tuple(one if isinstance(one, NoChange) else NoChange(**one) for one in tables)


@attrs.frozen(kw_only=True)
class Row:
    """One row."""

    id: str
    venue: str
    title: str
    methods: tuple[str, ...] = attrs.field(converter=tuple)
    endpoints: tuple[str, ...] = attrs.field(converter=tuple)
    bodies: tuple[str, ...] = attrs.field(converter=tuple)
    refusals: tuple[Refused, ...] = attrs.field(default=(), converter=_refusals)
    no_change: tuple[NoChange, ...] = attrs.field(default=(), converter=_no_changes)
    unsupported: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    reason: str | None = None
    no_refusals: str | None = None
    unrefused: Mapping[str, str] = attrs.field(factory=dict)
    books: tuple[str, ...] = attrs.field(default=("plain",), converter=tuple)
    messages: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def label(self) -> str:
        """Id and venue."""
        return f"{self.id}-{self.venue}"


@attrs.frozen(kw_only=True)
class SocketRow:
    """One row of a WebSocket API: its methods, with the values that their endpoints have over HTTP."""

    id: str
    venue: str
    methods: tuple[str, ...] = attrs.field(converter=tuple)


@attrs.frozen(kw_only=True)
class Documented:
    """
    A documented-body case: a method called while these recorded answers are all there is, and the value expected.

    What a case also needs and no document shows, such as the account before a change, comes ``from_simulated``.
    ``value`` is a table for a value, a list of them for a tuple; a field whose expected value is None is named in the
    text ``none`` of its table. It is left out where the first of the bodies that expects something of the method says
    just that (``RecordedCase.expect``). What is sent first to the route of a body must be what was recorded with it;
    ``sent`` has the parameters of those bodies that the case asks for otherwise. A parameter made up is "made up".
    """

    row: str
    venue: str
    method: str
    bodies: tuple[str, ...] = attrs.field(converter=tuple)
    value: Any = None
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    name: str = ""
    from_simulated: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    has_raw: bool = True
    sent: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)

    @property
    def label(self) -> str:
        """What identifies it."""
        return f"{self.row}-{self.venue}-{self.method}-{self.name or ' '.join(self.bodies[:1])}"


def _rows() -> tuple[tuple[Row, ...], tuple[SocketRow, ...]]:
    document = tomllib.loads((_HERE / "rows.toml").read_text(encoding="utf-8"))
    return tuple(Row(**table) for table in document["row"]), tuple(SocketRow(**table) for table in document["socket"])


def _documented() -> tuple[Documented, ...]:
    return tuple(
        Documented(venue=path.stem, **table)
        for path in sorted((_HERE / "documented").glob("*.toml"))
        for table in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    )


ROWS, SOCKET_ROWS = _rows()
DOCUMENTED = _documented()


def method_of(name: str) -> Any:
    """Return a capability's method, given as ``LeverageControl.set_leverage``."""
    capability, _, method = name.partition(".")
    found = getattr(getattr(capabilities, capability), method)
    if not inspect.isfunction(found):
        raise TypeError(f"{name} is no method of a capability")
    return found


_ENUMS: Mapping[str, Any] = {
    "margin_type": MarginType,
    "side": PositionSide,
    "take_profit_working_price": WorkingPrice,
    "stop_loss_working_price": WorkingPrice,
}
_MODES: Mapping[str, Any] = {
    "set_position_mode": PositionMode,
    "set_asset_mode": AssetMode,
    "set_tpsl_mode": TpSlMode,
}
_AMOUNTS = frozenset(
    {
        *("amount", "quantity", "price", "trigger_price", "callback_rate", "activation_price"),
        *("take_profit", "stop_loss", "take_profit_limit", "stop_loss_limit"),
    }
)
_ORDER_ENUMS: Mapping[str, Any] = {
    "side": OrderSide,
    "position_side": PositionSide,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "working_price": WorkingPrice,
}


def typed(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as a caller hands them to a capability method: enumerations and Decimals instead of texts."""
    found: dict[str, Any] = {"symbol": None} if method == "set_margin_type" else {}
    for name, value in arguments.items():
        if name in _ORDERS:
            found[name] = _ORDERS[name](value)
            continue
        if name in _AMOUNTS:
            found[name] = Decimal(value)
            continue
        if name == "interval":
            found[name] = timedelta(seconds=value)
            continue
        enums = _ORDER_ENUMS if method == "amend_order" else _ENUMS
        kind = _MODES[method] if name == "mode" else enums.get(name)
        found[name] = Decimal(str(value)) if isinstance(value, float) else value if kind is None else kind(value)
    return found


def _order_terms(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an order or amendment: Decimals and enumerations instead of texts."""
    return {
        name: Decimal(value) if name in _AMOUNTS else _ORDER_ENUMS[name](value) if name in _ORDER_ENUMS else value
        for name, value in table.items()
    }


_ORDERS: Mapping[str, Any] = {
    "request": lambda table: OrderRequest(**_order_terms(table)),
    "requests": lambda tables: [OrderRequest(**_order_terms(table)) for table in tables],
    "amendments": lambda tables: [Amendment(**_order_terms(table)) for table in tables],
}
