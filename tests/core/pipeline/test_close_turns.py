"""Turns of closings: those that share a symbol run one after the other, also across keys that are joined."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import PositionSide
from venuekit.pipeline.close_turns import CloseTurns, Expected
from venuekit.pipeline.write_scopes import WriteScopes

A, B = frozenset({"A"}), frozenset({"B"})
KEY = ("A", PositionSide.BOTH, None, None)


async def _hold(turns: CloseTurns, symbols: frozenset[str] | None, log: list[str], name: str) -> bool:
    async with turns.take(symbols, 5) as has_turn:
        log.append(f"{name} begins")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        log.append(f"{name} ends")
    return has_turn


async def test_one_symbol_after_the_other() -> None:
    """Two closings of one symbol, or one of all, wait; another symbol does not."""
    turns, log = CloseTurns(), list[str]()

    async with asyncio.TaskGroup() as group:
        for name, symbols in (("first", A), ("other", B), ("second", A), ("all", None), ("third", B)):
            group.create_task(_hold(turns, symbols, log, name))

    order = {words: index for index, words in enumerate(log)}
    assert order["other begins"] < order["first ends"]
    assert order["first ends"] < order["second begins"]
    assert max(order["second ends"], order["other ends"]) < order["all begins"]
    assert order["all ends"] < order["third begins"]


async def test_a_turn_that_does_not_come() -> None:
    """Where an earlier closing lasts longer than may be waited, that is told, and the next one is not held up."""
    turns = CloseTurns()
    async with turns.take(A, 1), turns.take(A, 0.01) as has_turn:
        assert has_turn is False
    async with turns.take(A, 0.01) as has_turn:
        assert has_turn is True


async def test_closings_of_joined_keys() -> None:
    """Once two keys are known to be of one account, the closings of both exclude each other, and share their reads."""
    one, other = WriteScopes(), WriteScopes()
    turns, log = other.take_closings(), list[str]()
    turns.expected[KEY] = Expected(Decimal(0), 1.0)
    running = asyncio.create_task(_hold(turns, A, log, "other"))
    await asyncio.sleep(0)

    one.absorb(other)
    assert one.take_closings().expected == turns.expected
    await asyncio.gather(running, _hold(one.take_closings(), A, log, "one"))

    assert log == ["other begins", "other ends", "one begins", "one ends"]


def test_orders_of_joined_keys() -> None:
    """Orders that may still arrive, and the times of accepted ones, are those of both keys."""

    class Write:
        description = "place_order"

    one, other, write = WriteScopes(), WriteScopes(), Write()
    other.note_order(write)
    other.forget_order(Write(), ("A",), 5)

    one.absorb(other)

    assert list(one.orders_out or ()) == [write]
    assert one.accepted_at == {"A": 5}
    one.forget_order(write, (), None)
    assert one.orders_out == {}


def test_a_row_that_is_newer_than_a_fill() -> None:
    """A row shows a fill when it changed since the read before, and not before the fill; unknown times show nothing."""
    start = datetime(2026, 11, 20, tzinfo=UTC)
    second = timedelta(seconds=1)
    expected = Expected(Decimal(0), 1.0, filled_at=start + second, read_at=start)

    assert expected.is_shown_by(start + second)
    assert expected.is_shown_by(start + 2 * second)
    assert not expected.is_shown_by(start)
    assert not expected.is_shown_by(None)
    assert not Expected(Decimal(0), 1.0).is_shown_by(start)
    assert not Expected(Decimal(0), 1.0, start, start).is_shown_by(start)


def test_only_so_many_orders_are_remembered() -> None:
    """Orders whose outcome is never found out do not grow without end."""

    class Write:
        description = "place_order"

    scopes, first = WriteScopes(), Write()
    scopes.note_order(first)
    for _ in range(5000):
        scopes.note_order(Write())

    assert len(scopes.orders_out or ()) == 4096
    assert first not in (scopes.orders_out or ())
