"""History: a long list of a venue as a value, and the pager that a method returns of it."""

from __future__ import annotations

import enum
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar

import attrs

from venuekit._util.called import CALLED, called_method, run_as
from venuekit._util.times import MILLISECOND, from_milliseconds
from venuekit.account import Account
from venuekit.capabilities import Pager
from venuekit.endpoint import Endpoint, Priority
from venuekit.errors import InvalidArgument
from venuekit.message import Answer
from venuekit.parameters import Kind
from venuekit.parts.histories.page_cut import note_walk, rows_of_page
from venuekit.parts.histories.paging import Pages, Paging
from venuekit.parts.histories.spans import Retention, Span, check_span
from venuekit.parts.histories.track import Origin, Page, Track
from venuekit.payloads import count_left_out

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class VenueWords:
    """
    The venue's words behind an attribute of items: filtering by it warns of words whose meaning is not known.

    ``word`` is the attribute that holds the venue's own word, ``known`` returns those with a known meaning. Of
    ``members``, where given, an item always has one: filtering by another value is refused.
    """

    word: str
    known: Callable[[], Container[str]]
    members: type[enum.Enum] | None = None

    def only(self, attribute: str, wanted: object, operation: str) -> Callable[[Any], bool]:
        """
        Return a filter of items by the attribute, for a method of that name.

        A word that is not known may mean what is wanted: such an item is left out, and the first of each word is
        warned of.
        """
        meaning, word, known = attrgetter(attribute), attrgetter(self.word), self.known()
        told: set[str] = set()

        def is_wanted(item: Any) -> bool:
            if meaning(item) == wanted:
                return True
            said = word(item)
            if said not in known and said not in told:
                told.add(said)
                words = f"{operation}: left out what the venue calls {said!r}, a word that is not known, so it may be"
                warnings.warn(f"{words} {wanted}; without the filter it is there, as OTHER", UserWarning, stacklevel=2)
            return False

        return is_wanted


def _itself(value: Any) -> Any:
    return value


@attrs.frozen(kw_only=True)
class History(Generic[T]):
    """
    A long list of a venue: its requests, its retention, and its items.

    Attributes:
        endpoint: Reads one page.
        paging: How the next page is asked for.
        items: Returns the items of an answer, in the venue's order; rows may become none or several.
        track: The order and identity of items.
        limit: Rows of a full page, as many as are asked for.
        width: The widest window that one request may ask for.
        retention: How far back the venue keeps rows.
        rows: Returns the rows of a decoded answer: a page is full by the rows that the venue sent, also where some of
            them became no item.
        parameters: Sent with every request.
        start, end, limit_name: The venue's names for the ends of a window, both inclusive, and for the limit; None for
            a limit that is not sent. Ends are sent in milliseconds, or in ISO 8601 where their kind is TIME.
        words: Attributes of items that come from the venue's words.
        check: Awaited with the account and the filters before the first page: it refuses a symbol that is not listed,
            where the venue would answer with an empty list.
    """

    endpoint: Endpoint[Any]
    paging: Paging
    items: Callable[[Any, Answer[Any]], Awaitable[Sequence[T]]]
    track: Track[T]
    limit: int
    width: timedelta
    retention: Retention
    rows: Callable[[Any], Sequence[Any]] = _itself
    parameters: Mapping[str, Any] = attrs.field(factory=dict)
    start: str = "startTime"
    end: str = "endTime"
    limit_name: str | None = "limit"
    words: Mapping[str, VenueWords] = attrs.field(factory=dict)
    check: Callable[[Account, Mapping[str, Any]], Awaitable[Any]] | None = None

    def walk(
        self,
        account: Account,
        *,
        start: datetime | None,
        end: datetime | None,
        after: T | None,
        filters: Mapping[str, Any] | None = None,
        matching: Mapping[str, Any] | None = None,
    ) -> Pager[T]:
        """
        Return the pager of a method that is this history: oldest first, from ``start`` to ``end``, behind ``after``.

        Args:
            filters: Parameters of the venue that narrow every request; None leaves one out.
            matching: Attributes that items must have; applied here, None leaves one out.

        Raises (on the first item):
            InvalidArgument: the span is reversed, has no time zone, or reaches back further than the venue keeps.
        """
        call = HistoryCall(account)
        narrowed = _without_none(filters)
        matching = self._members(call, _without_none(matching))

        async def windows() -> Sequence[Span]:
            resume = None if after is None else from_milliseconds(self.track.milliseconds(after))
            span = await call.span(self.retention, start, end, after=resume)
            if self.check is not None:
                with run_as((*CALLED.get(), call.origin.operation)):
                    await self.check(account, narrowed)
            return span.windows(self.width // MILLISECOND)

        def items() -> AsyncGenerator[T, None]:
            pages = call.pages(self, windows, narrowed, after)
            return self.paging.walk(pages, self._keep(matching, call.origin.operation))

        return Pager(items, cost_per_page=self.cost(narrowed))

    @property
    def constants(self) -> Mapping[str, Any]:
        """The parameters of every request."""
        return self.parameters if self.limit_name is None else {**self.parameters, self.limit_name: rows_of_page(self)}

    def times(self, window: Span) -> Mapping[str, Any]:
        """Return the parameters of a window: milliseconds, or instants where the endpoint declares Kind.TIME."""
        ends, declared = ((self.start, window.start), (self.end, window.end)), self.endpoint.by_name
        instants = {name for name, _ in ends if name in declared and declared[name].kind is Kind.TIME}
        return {name: from_milliseconds(at) if name in instants else at for name, at in ends}

    def cost(self, filters: Mapping[str, Any]) -> int:
        """Return the weight of one page."""
        return self.endpoint.cost({**self.constants, **filters})

    def _members(self, call: HistoryCall, matching: Mapping[str, Any]) -> Mapping[str, Any]:
        checked = dict(matching)
        for name, words in self.words.items():
            if words.members is not None and name in checked:
                if checked[name] not in tuple(words.members):
                    raise call.account.refuse(f"there is no {name} {checked[name]!r}")
                checked[name] = words.members(checked[name])
        return checked

    def _keep(self, matching: Mapping[str, Any], operation: str) -> Callable[[T], bool] | None:
        """Return a filter of items; words are compared last, since an unknown one is warned of."""
        tests = [_equals(name, value) for name, value in matching.items() if name not in self.words]
        tests += [words.only(name, matching[name], operation) for name, words in self.words.items() if name in matching]
        if len(tests) > 1:
            return lambda item: all(test(item) for test in tests)
        return tests[0] if tests else None


class HistoryCall:
    """
    One call of a method that returns a pager: whose histories it reads, and by which name errors call it.

    Made where the method begins, not where its first item is asked for.
    """

    __slots__ = ("account", "origin")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.origin = Origin(account.venue.id, called_method())

    async def span(
        self, retention: Retention, start: datetime | None, end: datetime | None, *, after: datetime | None = None
    ) -> Span:
        """
        Return the stretch to walk as :meth:`Retention.span` does, by the venue's clock.

        Raises:
            InvalidArgument: reversed or without a time zone, found before anything is sent; or further back than the
                venue keeps.
            PayloadMismatch: the venue's time is beyond reason.
        """
        try:
            check_span(start, end)
            return retention.span(start, end, now=await self.account.venue_time(), after=after)
        except InvalidArgument as error:
            raise self.origin.refuse(error.message) from None

    def items(self, history: History[T], span: Span, **filters: Any) -> AsyncGenerator[T, None]:
        """Walk one of several histories over a span; ``filters`` are parameters of the venue, None leaves one out."""

        async def windows() -> Sequence[Span]:
            return span.windows(history.width // MILLISECOND)

        return history.paging.walk(self.pages(history, windows, _without_none(filters)), None)

    def pages(
        self,
        history: History[T],
        windows: Callable[[], Awaitable[Sequence[Span]]],
        filters: Mapping[str, Any],
        after: T | None = None,
    ) -> Pages[T]:
        """Return the pages of a history, narrowed by filters, behind ``after``."""
        # some of the endpoints answer urgent questions as well
        patient, constants = self.account.with_options(priority=Priority.HISTORY), history.constants
        note_walk(history)

        async def read(window: Span | None, narrowed: Mapping[str, Any]) -> Page[T]:
            times = {} if window is None else history.times(window)
            with run_as((*CALLED.get(), self.origin.operation)):  # a page is read when the method is over
                answer = await patient.answer_rows(history.endpoint, **constants, **narrowed, **times)
                items = await history.items(self.account, answer)
            rows, cursor = history.rows(answer.value), history.paging.attribute
            sent = len(rows) + count_left_out(rows) + len(answer.odd)
            return Page(items, None if cursor is None else getattr(answer.value, cursor), sent)

        return Pages(
            read=read,
            windows=windows,
            filters=filters,
            limit=rows_of_page(history),
            track=history.track,
            after=after,
            origin=self.origin,
            account=self.account,
        )


def _without_none(values: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _equals(name: str, value: object) -> Callable[[Any], bool]:
    read = attrgetter(name)
    return lambda item: bool(read(item) == value)
