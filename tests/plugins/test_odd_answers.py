"""
Answers of which one field is something else: a value or one of our errors comes of each, and no number from a text
that is none.

Every call of every venue meets its own answers, each with one field changed. ``VENUEKIT_ODD_ANSWERS=all`` tries every
field with every value, which takes hours; a number, 20 by default, says how many of them are tried for each call.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES

from venuekit.capabilities import (
    Amendment,
    AssetMode,
    MarginType,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMode,
    TimeInForce,
)
from venuekit.errors import OddRow, OutcomeUnknown, VenuekitError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.testing.staged import FakeStage, fake_stage

#: cases per call and venue; each takes some five milliseconds
TOLD = os.environ.get("VENUEKIT_ODD_ANSWERS", "20")
SAMPLE = None if TOLD == "all" else int(TOLD)
#: no text of these says the number 98765, though Decimal finds it in some
NO_NUMBER = Decimal(98765)
MISSING = object()

ODD: tuple[Any, ...] = (
    *(MISSING, None, True, False, [], {}, [{}], "", "abc", "null", "None", "\x00", "x" * 3000, "2026-11-28T00:00:00Z"),
    *("NaN", "nan", "sNaN", "Infinity", "-Infinity", "INF", "0x10", "0", "-1", "-0", "9" * 40, "9" * 5000),
    *("98_765", "_98765", " 98765", "98765\n", "\u0669\u0668\u0667\u0666\u0665", "\uff19\uff18\uff17\uff16\uff15"),
    *(
        "1E+999999999",
        "-1E+999999999",
        "1E-999999999",
        "0E+999999999",
        "1e30",
        "9223372036854775808",
        "253402300800000",
    ),
    *(0, -1, 1, 1.5, 2**31, 2**63 - 1, 2**63, 2**64, 10**15, 10**24, 10**40, -(10**40), 253_402_300_799_999),
    *("\x00raw1e999", "\x00raw-1E+999999999", "\x00raw0.1e-400"),
)


@attrs.frozen
class Place:
    """An account on stage, and its symbols."""

    account: Any
    held: str
    flat: str

    def order(self, number: str = "0") -> OrderRequest:
        """Return an order that rests."""
        quantity, price = ORDERS[self.account.venue.id]
        return OrderRequest(
            symbol=self.held,
            side=OrderSide.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal(quantity),
            price=Decimal(price),
            time_in_force=TimeInForce.GTC,
            client_id=f"odd-{number}",
        )


ORDERS = {
    "aster_usdm_v1": ("0.01", "50000"),
    "binance_usdm": ("0.01", "50000"),
    "binance_coinm": ("1", "50000"),
    "bybit_inverse": ("100", "50000"),
}
Do = Callable[[Place], Awaitable[Any]]


def walk(name: str, **which: Any) -> Do:
    """Return what walks a history whole."""

    async def do(place: Place) -> Any:
        symbol = {"symbol": place.held} if name in {"iter_fills", "iter_orders", "iter_margin_changes"} else {}
        start = place.account.now() - timedelta(days=6)
        return await getattr(place.account, name)(**symbol, start=start, **which).all()

    return do


async def _amended(place: Place) -> Any:
    whole = attrs.evolve(place.order(), client_id=None)
    assert whole.price is not None
    order = await place.account.place_order(whole)
    return await place.account.amend_order(
        place.held, OrderSide.BUY, order_id=order.id, quantity=whole.quantity, price=whole.price - 10
    )


async def _amended_together(place: Place) -> Any:
    whole = attrs.evolve(place.order(), client_id=None)
    assert whole.price is not None
    order = await place.account.place_order(whole)
    change = Amendment(
        symbol=place.held, side=OrderSide.BUY, order_id=order.id, quantity=whole.quantity, price=whole.price - 10
    )
    return await place.account.amend_orders([change])


async def _canceled(place: Place) -> Any:
    order = await place.account.place_order(place.order())
    return await place.account.cancel_order(place.held, order_id=order.id)


async def _canceled_together(place: Place) -> Any:
    order = await place.account.place_order(place.order())
    return await place.account.cancel_orders(place.held, order_ids=[order.id])


async def _found(place: Place) -> Any:
    order = await place.account.place_order(place.order())
    return await place.account.get_order(place.held, order_id=order.id)


async def _stopped(place: Place) -> Any:
    plain = place.order()
    stop = attrs.evolve(
        plain,
        side=OrderSide.SELL,
        type=OrderType.STOP_MARKET,
        price=None,
        trigger_price=plain.price,
        time_in_force=None,
    )
    await place.account.place_order(stop)
    return await place.account.get_open_orders(symbol=place.held)


CALLS: dict[str, Do] = {
    "get_server_time": lambda p: p.account.get_server_time(),
    "get_balances": lambda p: p.account.get_balances(),
    "get_account": lambda p: p.account.get_account(include_flat=True),
    "get_positions": lambda p: p.account.get_positions(include_flat=True),
    "get_position": lambda p: p.account.get_position(p.held),
    "get_leverage": lambda p: p.account.get_leverage(p.held),
    "get_margin_type": lambda p: p.account.get_margin_type(None if p.account.venue.realm == "bybit" else p.held),
    "get_position_mode": lambda p: p.account.get_position_mode(),
    "get_asset_mode": lambda p: p.account.get_asset_mode(),
    "get_brackets": lambda p: p.account.get_brackets(),
    "get_instruments": lambda p: p.account.get_instruments(),
    "get_settings": lambda p: p.account.get_settings([p.held, p.flat], orders=True, brackets=True),
    "get_prices": lambda p: p.account.get_prices(p.held),
    "get_commission_rate": lambda p: p.account.get_commission_rate(p.held),
    "get_adl_quantiles": lambda p: p.account.get_adl_quantiles(),
    "get_api_key": lambda p: p.account.get_api_key(),
    "get_open_orders": _stopped,
    "get_order": _found,
    "iter_income": walk("iter_income"),
    "iter_fills": walk("iter_fills"),
    "iter_orders": walk("iter_orders"),
    "iter_forced_orders": walk("iter_forced_orders"),
    "iter_margin_changes": walk("iter_margin_changes"),
    "iter_closed_pnl": walk("iter_closed_pnl"),
    "iter_withdrawals": walk("iter_withdrawals"),
    "iter_conversions": walk("iter_conversions"),
    "set_leverage": lambda p: p.account.set_leverage(p.flat, 7),
    "set_margin_type": lambda p: (
        p.account.set_margin_type(None, MarginType.ISOLATED, account_wide=True)
        if p.account.venue.realm == "bybit"
        else p.account.set_margin_type(p.flat, MarginType.ISOLATED)
    ),
    "set_position_mode": lambda p: p.account.set_position_mode(PositionMode.ONE_WAY),
    "set_asset_mode": lambda p: p.account.set_asset_mode(AssetMode.SINGLE),
    "add_margin": lambda p: p.account.add_margin(p.held, Decimal("0.001")),
    "place_order": lambda p: p.account.place_order(p.order()),
    "amend_order": _amended,
    "cancel_order": _canceled,
    "cancel_all_orders": lambda p: p.account.cancel_all_orders(symbol=p.held),
    "place_orders": lambda p: p.account.place_orders([p.order("1"), p.order("2")]),
    "amend_orders": _amended_together,
    "cancel_orders": _canceled_together,
    "test_order": lambda p: p.account.test_order(p.order()),
}


@attrs.frozen
class Case:
    """One field of one answer of a call, and what stands there instead."""

    turn: int
    path: tuple[str | int, ...]
    value: Any

    def __str__(self) -> str:
        value = "missing" if self.value is MISSING else repr(self.value)[:60]
        return f"answer {self.turn}, {'.'.join(map(str, self.path))} = {value}"


def fields(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each field of an answer; of a long list, the first two rows stand for all."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*path, name)
            yield from fields(value, (*path, name))
    elif isinstance(document, list):
        for index, value in enumerate(document[:2]):
            yield from fields(value, (*path, index))


def changed(body: bytes, case: Case) -> bytes:
    """Return an answer with one field changed."""
    document = json.loads(body)
    inside = document
    for step in case.path[:-1]:
        inside = inside[step]
    if case.value is MISSING:
        del inside[case.path[-1]]
    else:
        inside[case.path[-1]] = case.value
    text = json.dumps(document)
    if isinstance(case.value, str) and case.value.startswith("\x00raw"):
        text = text.replace(json.dumps(case.value), case.value.removeprefix("\x00raw"))
    return text.encode()


def numbers(value: Any) -> Iterator[Decimal]:
    """Yield every number of a value, however deep; what the venue itself said (``raw``) is not ours."""
    if isinstance(value, Decimal):
        yield value
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if field.name != "raw":
                yield from numbers(getattr(value, field.name))
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, dict):
        yield from numbers(tuple(value.values()))


class Answers:
    """The simulated venue's answers, noted; one of them is changed."""

    def __init__(self, stage: FakeStage) -> None:
        self.tell: Any = stage.transport.reply
        self.bodies: list[bytes] = []
        self.case: Case | None = None
        stage.transport.reply = self

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the simulated venue does, but for the one that the case is about."""
        answer: HttpResponse = self.tell(request)
        self.bodies.append(answer.body)
        case = self.case
        if case is not None and case.turn == len(self.bodies) - 1:
            with suppress(LookupError, TypeError, ValueError):  # the call went another way than the first time
                return HttpResponse(answer.status, answer.headers, changed(answer.body, case))
        return answer


async def run(venue: str, do: Do, case: Case | None) -> tuple[Answers, Any]:
    """Carry out one call on a new stage; return what was answered, and its value or the error it ended in."""
    made = make_plugins().venue(venue)
    async with fake_stage(made, "holding") as stage:
        assert made.simulated is not None
        scenario = {one.name: one for one in made.simulated().scenarios}["holding"]
        place = Place(stage.account, scenario.held or "", scenario.flat)
        answers = Answers(stage)
        answers.case = case
        try:
            async with asyncio.timeout(20):
                value: Any = await do(place)
        except VenuekitError as error:
            value = error
            if isinstance(error, OutcomeUnknown):
                with suppress(VenuekitError):
                    value = await error.resolve()
        return answers, value


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each venue with each call that its account has."""
    for venue in VENUES:
        account = make_plugins().venue(venue).account
        for name in CALLS:
            if hasattr(account, name):
                yield venue, name


@pytest.mark.parametrize(("venue", "name"), [*pairs()])
async def test_an_odd_field_is_a_value_or_one_of_our_errors(venue: str, name: str) -> None:
    """Never an exception that is not ours, and never a number from a text that is none."""
    do = CALLS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        answers, _ = await run(venue, do, None)
        cases = [
            Case(turn, path, value)
            for turn, body in enumerate(answers.bodies)
            if body[:1] in {b"{", b"["}
            for path in fields(json.loads(body))
            for value in ODD
        ]
        if SAMPLE is not None and len(cases) > SAMPLE:
            cases = random.Random(f"{venue} {name}").sample(cases, SAMPLE)  # noqa: S311  (it chooses tests)
        for case in cases:
            try:
                _, value = await run(venue, do, case)
            except Exception as foreign:
                raise AssertionError(f"{venue} {name}: {case}: {type(foreign).__name__}: {foreign}") from foreign
            told = [number for number in numbers(value) if not number.is_finite() or abs(number) == NO_NUMBER]
            assert not told, f"{venue} {name}: {case}: {told}"


def test_odd_rows_are_warnings_of_their_own() -> None:
    """Whoever wants to stop at one can."""
    assert issubclass(OddRow, UserWarning)
