"""The price board of a simulation: the index price of every base asset, and the movements that are being played."""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from typing import Protocol

import attrs

from venuekit.clock import Clock
from venuekit.simulator.movements import Move, Movement

#: an index price has so many digits
_DIGITS = Context(prec=12)


class Follower(Protocol):
    """A market that follows the board: its symbols, in all of its accounts."""

    def follow_index(self, base: str, price: Decimal) -> None:
        """Move every contract of a base asset, and the worth of that asset."""

    def move_mark(self, symbol: str, price: Decimal | None, factor: Decimal | None) -> None:
        """Move one mark to a price, rounded to its tick, or by a factor."""

    def fund_all(self, symbol: str | None, rate: Decimal) -> None:
        """Let the positions of a symbol pay funding, of every perpetual contract without one."""


class PriceBoard:
    """
    The index prices, and the followers that they reach; every change happens at all followers at one time.

    Movements are played on demand: before a request is carried out, or a ledger is read or changed, the moves
    that are due happen, each at its own time. So the same commands at the same times have the same effects, however
    long the machine takes.
    """

    def __init__(self, clock: Clock, prices: Mapping[str, Decimal], *, seed: int) -> None:
        self.index = dict(prices)
        self._clock = clock
        self._seed = seed
        self._followers: dict[str, Follower] = {}
        #: the time of the change that is being made
        self._moment: int | None = None
        self._playing: list[_Playing] = []
        self._numbers = itertools.count()

    def add_follower(self, venue_id: str, follower: Follower) -> None:
        """Let a market follow, under the id of a venue that trades there."""
        self._followers[venue_id] = follower

    def milliseconds(self) -> int:
        """Return the time of the simulation's clock, in milliseconds since 1970; of a change, the time of that."""
        return self._clock.milliseconds() if self._moment is None else self._moment

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Make the due moves, then hold the time while a change is made."""
        if self._moment is not None:
            yield
            return
        self.advance()
        with self._hold(self._clock.milliseconds()):
            yield

    @contextlib.contextmanager
    def _hold(self, moment: int) -> Iterator[None]:
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None

    def set_index(self, base: str, price: Decimal) -> None:
        """Set the index price of a base asset, at every follower; the price is above 0."""
        with self.at_once():
            self.index[base] = price
            for follower in dict.fromkeys(self._followers.values()):
                follower.follow_index(base, price)

    def play(self, movement: Movement) -> None:
        """Play a movement from now on, beside the others."""
        self.advance()
        self._push(next(self._numbers), movement.moves(self.milliseconds(), self._seed))
        self.advance()

    @property
    def is_playing(self) -> bool:
        """Whether a move of any movement is to come."""
        return bool(self._playing)

    @property
    def next_move_at(self) -> int | None:
        """The time of the next move, in milliseconds since 1970; None where none is to come."""
        return self._playing[0].move.at if self._playing else None

    def advance(self) -> None:
        """Make the moves that are due."""
        if self._moment is not None or not self._playing:
            return
        now = self._clock.milliseconds()
        while self._playing and self._playing[0].move.at <= now:
            due = heapq.heappop(self._playing)
            with self._hold(due.move.at):
                self._make(due.move)
            self._push(due.number, due.rest)

    def _push(self, number: int, moves: Iterator[Move]) -> None:
        move = next(moves, None)
        if move is not None:
            heapq.heappush(self._playing, _Playing(move.at, number, move, moves))

    def _make(self, move: Move) -> None:
        followers = dict.fromkeys(self._followers.values())
        if isinstance(move.subject, tuple):
            venue_id, symbol = move.subject
            follower = self._followers[venue_id]
            if move.rate is not None:
                follower.fund_all(symbol, move.rate)
            else:
                follower.move_mark(symbol, move.price, move.factor)
        elif move.subject is None:
            for follower in followers:
                follower.fund_all(None, move.rate or Decimal(0))
        else:
            price = move.price or _DIGITS.multiply(self.index[move.subject], move.factor or Decimal(1))
            self.set_index(move.subject, price)


@attrs.define(order=True)
class _Playing:
    """A movement at its next move; of several at one time, the one that was played first comes first."""

    at: int
    number: int
    move: Move = attrs.field(order=False)
    rest: Iterator[Move] = attrs.field(order=False)
