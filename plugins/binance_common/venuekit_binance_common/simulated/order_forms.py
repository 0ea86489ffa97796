"""Converts the parameters of an order to a request to the ledger; refuses invalid parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import attrs

from venuekit.capabilities import OrderType, PositionMode, PositionSide, TimeInForce
from venuekit.plugin import from_milliseconds
from venuekit.simulator import Visit
from venuekit.simulator.ledger import Contract, LedgerOrderRequest, Side
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import LATEST, decimals_of, plain
from venuekit_binance_common.simulated.order_rows import ALGO_TYPE

T = TypeVar("T")

#: the limit of a limit price as a multiple of the mark price, on the side where it fills at once
PERCENT_BOUNDS: Mapping[Side, Decimal] = {Side.BUY: Decimal("1.0500"), Side.SELL: Decimal("0.9500")}
_SIDES = {side.name: side for side in Side}
_TYPES = {kind.name: kind for kind in OrderType}
_POSITION_SIDES = {side.name: side for side in PositionSide}
_TIMES = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTX": TimeInForce.POST_ONLY,
    "GTD": TimeInForce.GTC,
    "RPI": TimeInForce.POST_ONLY,
    "HIDDEN": TimeInForce.GTC,
}
_CLIENT_ID = re.compile(r"[\.A-Z\:/a-z0-9_-]{1,36}")
#: the valid words of a parameter, and the code for any other one
_WORDS: Mapping[str, tuple[int, frozenset[str]]] = {
    "newOrderRespType": (-1136, frozenset({"ACK", "RESULT"})),
    "workingType": (-1130, frozenset({"CONTRACT_PRICE", "MARK_PRICE"})),
    "reduceOnly": (-4062, frozenset({"true", "false"})),
}
_DEPTHS = ("", "_5", "_10", "_20")
_MATCHING: Mapping[str, tuple[int, frozenset[str]]] = {
    "priceMatch": (
        -5037,
        frozenset({"NONE", *(f"{word}{depth}" for word in ("OPPONENT", "QUEUE") for depth in _DEPTHS)}),
    ),
    "selfTradePreventionMode": (-5039, frozenset({"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"})),
}
_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})
_LABELS = ("timeInForce", "workingType", "priceProtect", "priceMatch", "selfTradePreventionMode")
_GOOD_FOR_AT_LEAST = timedelta(seconds=600)
#: percent; the maximum depends on the product
_LEAST_CALLBACK = Decimal("0.1")


@attrs.frozen
class Form:
    """The parameters of one order, from a request of its own or from a batch."""

    venue: SimulatedBinance
    fields: Mapping[str, Any]
    visit: Visit

    @property
    def terms(self) -> OrderTerms:
        """The product's terms of orders."""
        return self.venue.endpoints.ORDERS.terms

    @property
    def errors(self) -> Errors:
        """The product's errors."""
        return self.venue.errors

    def text(self, name: str) -> str | None:
        """Return a parameter as text, None when it is missing or empty."""
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)

    def require(self, name: str) -> str:
        """Return a required parameter; raises ``Denied``."""
        text = self.text(name)
        if text is None:
            raise self.errors.missing(name)
        return text

    def number(self, name: str) -> Decimal | None:
        """Return a number; raises ``Denied``."""
        text = self.text(name)
        if text is None:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self.errors.denial(-1130, name=name) from None
        if not number.is_finite():
            raise self.errors.denial(-1130, name=name)
        return number

    @property
    def contract(self) -> Contract:
        """The contract of the order; raises ``Denied``."""
        return self.venue.contract(self.require("symbol"))

    def side(self) -> Side:
        """Return the side; raises ``Denied``."""
        return self._meaning("side", _SIDES, -1117)

    def ids(self, name: str, client_name: str) -> tuple[str | None, str | None]:
        """Return the venue's id of an order, or else the client's; raises ``Denied`` without either."""
        order_id, client_id = self.text(name), self.text(client_name)
        if order_id is None and client_id is None:
            raise self.errors.missing(name)
        return order_id, None if order_id else client_id

    def plain(self) -> LedgerOrderRequest:
        """Return an order of the plain book; raises ``Denied``, also for types that have a book of their own."""
        contract, side, kind = self.contract, self.side(), self._meaning("type", _TYPES, -1116)
        self._check_words()
        any_type = self.terms.conditional is ConditionalBook.PLAIN
        if kind.is_conditional and not any_type:
            raise self.errors.denial(-4120)
        if kind is OrderType.LIMIT:
            self.require("timeInForce")
        elif self.text("timeInForce") is not None and not kind.is_conditional:
            raise self.errors.denial(-1106, name="timeInForce")
        request = self._request(contract, side, kind, "newClientOrderId")
        if kind is OrderType.LIMIT:
            self.check_percent(contract, side, request.price)
        return self._with_trigger(request, "stopPrice", "activationPrice") if any_type else request

    def algo(self) -> LedgerOrderRequest:
        """Return an order of the conditional book; raises ``Denied``."""
        if self.require("algoType") != ALGO_TYPE:
            raise self.errors.denial(-1130, name="algoType")
        self._check_words()
        contract, side, kind = self.contract, self.side(), self._meaning("type", _TYPES, -1116)
        if not kind.is_conditional:
            raise self.errors.denial(-1116)
        request = self._request(contract, side, kind, "clientAlgoId")
        return self._with_trigger(request, "triggerPrice", "activatePrice")

    def amendment(self, contract: Contract) -> tuple[Decimal | None, Decimal | None]:
        """Return the new quantity and price of an order; both are required. Raises ``Denied``."""
        self._check_words()
        self.require("quantity")
        price = self.price(contract, OrderType.LIMIT)
        if price is None:
            self.require("price")
        quantity = self.number("quantity")
        for number, code in ((quantity, -4003), (price, -4001)):
            if not number:
                raise self.errors.denial(code)
        return quantity, price

    def price(self, contract: Contract, kind: OrderType) -> Decimal | None:
        """Return the given price, or one matched to the market; raises ``Denied``."""
        price = self.number("price")
        if not self.terms.matches or self.text("priceMatch") in {None, "NONE"}:
            return price
        if kind not in _PRICED:
            raise self.errors.denial(-5038)
        if price is not None:
            raise self.errors.denial(-1128)
        mark = self.visit.ledger.mark(contract.symbol)
        return mark - mark % contract.price_tick

    def check_percent(self, contract: Contract, side: Side, price: Decimal | None) -> None:
        """Refuse a limit price beyond the band around the mark price, in which market orders always fill here."""
        if price is None or price <= 0:
            return
        mark, bound = self.visit.ledger.mark(contract.symbol), PERCENT_BOUNDS[side]
        if (price > mark * bound) if side is Side.BUY else (price < mark * bound):
            code = -4016 if side is Side.BUY else -4024
            raise self.errors.denial(code, bound=plain(round(mark * bound, decimals_of(contract.price_tick))))

    def _check_words(self) -> None:
        for name, (code, words) in {**_WORDS, **(_MATCHING if self.terms.matches else {})}.items():
            if self.text(name) not in {None, *words}:
                raise self.errors.denial(code, name=name)

    def _with_trigger(self, request: LedgerOrderRequest, price: str, activation: str) -> LedgerOrderRequest:
        rate = self.number("callbackRate")
        if rate is not None and not _LEAST_CALLBACK <= rate <= self.terms.most_callback:
            raise self.errors.denial(-2007)
        return attrs.evolve(
            request,
            close_position=self.text("closePosition") == "true",
            trigger_price=self.number(price),
            activation_price=self.number(activation),
            callback_rate=None if rate is None else rate / 100,
        )

    def _meaning(self, name: str, words: Mapping[str, T], code: int) -> T:
        word = self.require(name)
        if word not in words:
            raise self.errors.denial(code)
        return words[word]

    def _request(self, contract: Contract, side: Side, kind: OrderType, id_name: str) -> LedgerOrderRequest:
        word = self.text("timeInForce")
        if word is not None and word not in self.terms.times:
            raise self.errors.denial(-1115)
        time_in_force = TimeInForce.GTC if word is None or kind is OrderType.MARKET else _TIMES[word]
        position_side = _POSITION_SIDES.get(self.text("positionSide") or "BOTH")
        if position_side is None:
            raise self.errors.denial(-4060)
        if self.visit.ledger.position_mode is PositionMode.HEDGE and self.text("reduceOnly") is not None:
            raise self.errors.denial(-1106, name="reduceonly")
        client_id = self.text(id_name)
        if client_id is not None and not _CLIENT_ID.fullmatch(client_id):
            raise self.errors.denial(-4015)
        price, quantity = self.price(contract, kind), self.number("quantity")
        if quantity is not None and not quantity:
            raise self.errors.denial(-4003)
        labels: dict[str, object] = {name: text for name in _LABELS if (text := self.text(name)) is not None}
        labels.setdefault("timeInForce", "GTC")
        return LedgerOrderRequest(
            symbol=contract.symbol,
            side=side,
            type=kind,
            quantity=quantity or Decimal(0),
            price=price,
            time_in_force=time_in_force,
            position_side=position_side,
            reduce_only=self.text("reduceOnly") == "true",
            client_id=client_id,
            expires_at=self._expires_at(),
            labels=labels,
        )

    def _expires_at(self) -> datetime | None:
        if self.text("timeInForce") != "GTD":
            return None
        milliseconds = self.require("goodTillDate")
        if not milliseconds.isdecimal():
            raise self.errors.denial(-1130, name="goodTillDate")
        if int(milliseconds) >= LATEST:
            raise self.errors.denial(-5040)
        moment = from_milliseconds(int(milliseconds) // 1000 * 1000)
        if moment <= self.visit.now + _GOOD_FOR_AT_LEAST:
            raise self.errors.denial(-5040)
        return moment
