"""The objects both products answer with, field by field; a decoder for each, which takes the names that differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property, partial
from typing import Any, TypeVar

import attrs

from venuekit.parts.orders import OrderSteps
from venuekit.plugin import Unfit, WireRow, intern_number, payload_decoder

T = TypeVar("T")
Names = Mapping[type, Mapping[str, str]]


@attrs.frozen(eq=False, repr=False)
class Acknowledgement(WireRow):
    """``{"code": 200, "msg": "success"}``: a change was accepted."""

    code: int
    msg: str


@attrs.frozen(eq=False, repr=False)
class _ServerTimeRow(WireRow):
    server_time: datetime


@attrs.frozen(eq=False, repr=False)
class CountdownRow(WireRow):
    """An armed countdown, in milliseconds; 0 is disarmed."""

    symbol: str
    countdown_time: int


@attrs.frozen(eq=False, repr=False)
class PositionModeRow(WireRow):
    """True is hedge mode."""

    dual_side_position: bool


@attrs.frozen(eq=False, repr=False)
class LeverageRow(WireRow):
    """The answer to a change of leverage, with the largest position that the venue allows at it."""

    symbol: str
    leverage: int
    largest: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class BracketRow(WireRow):
    """One tier; the product decides the unit of caps and floors."""

    bracket: int
    initial_leverage: int
    cap: Decimal
    floor: Decimal
    maint_margin_ratio: Decimal
    cum: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        if self.initial_leverage <= 0:  # margin is counted by it
            raise Unfit("an initialLeverage above 0", self.initial_leverage)


@attrs.frozen(eq=False, repr=False)
class BracketsRow(WireRow):
    """The tiers of a symbol or a pair."""

    name: str
    brackets: tuple[BracketRow, ...]
    notional_coef: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class FilterRow(WireRow):
    """One filter of an instrument; its fields depend on its type."""

    filter_type: str
    tick_size: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    step_size: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    notional: Decimal | None = None
    multiplier_up: Decimal | None = None
    multiplier_down: Decimal | None = None
    limit: int | None = None


@attrs.frozen(eq=False, repr=False)
class InstrumentRow(WireRow):
    """One contract; its size is given only where it is not one unit of the base asset on every symbol."""

    symbol: str
    pair: str
    base_asset: str
    quote_asset: str
    margin_asset: str
    contract_size: Decimal | None = None
    #: empty while it is not decided
    contract_type: str = ""
    status: str = ""
    filters: tuple[FilterRow, ...] = ()
    onboard_date: datetime | None = None
    delivery_date: datetime | None = None

    @cached_property
    def steps(self) -> OrderSteps:
        """The steps of its quantities and prices, as its filters say."""
        size = price = None
        for each in self.filters:
            if each.filter_type == "LOT_SIZE":
                size = each.step_size
            elif each.filter_type == "PRICE_FILTER":
                price = each.tick_size
        return OrderSteps(size, price)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def camel_names(*shapes: Any, **others: str) -> Names:
    """Return the venue's names of the attributes of shapes: ours in camel case, but for the ``others``."""
    return {
        shape: {field.name: others.get(field.name, _camel(field.name)) for field in attrs.fields(shape)}
        for shape in shapes
    }


def one_or_many(decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return a decoder of a list that also takes its only row without the brackets around it."""
    return partial(_decode_either, decode)


def _decode_either(decode: Callable[[bytes], T], body: bytes) -> T:
    return decode(b"[" + body + b"]" if body.lstrip()[:1] == b"{" else body)


decode_countdown = payload_decoder(CountdownRow, renames=camel_names(CountdownRow))
decode_acknowledgement = payload_decoder(Acknowledgement)
_decode_server_time = payload_decoder(_ServerTimeRow, renames=camel_names(_ServerTimeRow))
decode_position_mode = payload_decoder(PositionModeRow, renames=camel_names(PositionModeRow))


def decode_server_time(body: bytes) -> datetime:
    """Return the venue's clock."""
    return _decode_server_time(body).server_time


def leverage_decoder(*, largest: str) -> Callable[[bytes], LeverageRow]:
    """
    Return the decoder of a change of leverage.

    It is on the way of a write that engines send often, so it has a short one of its own; whatever does not fit that is
    left to the careful one, which also names the fault.
    """
    careful = payload_decoder(LeverageRow, renames=camel_names(LeverageRow, largest=largest))

    @cache
    def parser() -> Callable[[bytes], Any]:
        import msgspec

        fields: list[Any] = [("symbol", str), ("leverage", int), ("largest", str)]
        return msgspec.json.Decoder(msgspec.defstruct("LeverageAnswer", fields, rename={"largest": largest})).decode

    def decode(body: bytes) -> LeverageRow:
        try:
            answer = parser()(body)
            return LeverageRow(answer.symbol, answer.leverage, intern_number(answer.largest))
        except ValueError:
            return careful(body)

    return decode


def brackets_decoder(*, name: str, cap: str, floor: str) -> Callable[[bytes], tuple[BracketsRow, ...]]:
    """Return the decoder of tiers; documented as an object when a symbol is sent, seen as an array all the same."""
    names = camel_names(BracketsRow, BracketRow, name=name, cap=cap, floor=floor)
    return one_or_many(payload_decoder(tuple[BracketsRow, ...], renames=names))


def instruments_decoder(*, status: str) -> Callable[[bytes], tuple[InstrumentRow, ...]]:
    """Return the decoder of the instruments."""
    names = camel_names(InstrumentRow, FilterRow, status=status)
    return payload_decoder(tuple[InstrumentRow, ...], renames=names, within=("symbols",))
