"""Checks of histories: every item is the ledger's record, whatever the pages, and a walk goes on behind any item."""

from __future__ import annotations

import inspect
import json
import re
import typing
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

import attrs
import pytest

from venuekit._util.times import from_milliseconds
from venuekit.capabilities import HistoryBehaviour, IncomeKind, IncomeReader
from venuekit.errors import InvalidArgument, InvalidRequest, NotFound, OddRow, PayloadMismatch
from venuekit.message import HttpRequest, HttpResponse
from venuekit.parts.histories.page_cut import PageCut, small_pages
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.figures import equal_as_written
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.ledger_records import Facts, HistorySubject
from venuekit.testing.conformance.plain_values import check_plain
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.conformance.trading_stage import TradingStage
from venuekit.testing.staged import FakeStage, fake_stage

#: milliseconds between acts: several in one, in a row, an hour apart
_STEPS = (0, 0, 1, 0, 1, 1, 998, 0, 3_600_000, 1, 1)
#: a word that no venue has
_UNHEARD = "UNHEARD_OF"
_MILLISECOND = timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)
#: the sizes of cut pages
_CUTS = (3, 8)
#: the rows of a page where the plugin does not declare them, and the most that are tried
_UNKNOWN_PAGE, _LONGEST_PAGE = 200, 1000


@attrs.define
class Story:
    """
    A history that happened on a stage, and a walk of it.

    ``arguments`` are those of every walk, ``began`` is the time of the first act, and ``declared`` notes the histories
    that the method walks; none where the plugin has a walk of its own.
    """

    subject: HistorySubject
    place: TradingStage
    clock: InstantClock
    arguments: Mapping[str, Any]
    began: datetime = attrs.field(init=False)
    declared: PageCut = attrs.field(init=False)

    async def walk(self, **arguments: Any) -> tuple[Any, ...]:
        """Walk to the end; warnings about the venue's retention are irrelevant here."""
        method = getattr(self.place.stage.account, self.subject.method.__name__)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return tuple(await method(**{**self.arguments, **arguments}).all())

    async def walk_acts(self, **arguments: Any) -> tuple[Any, ...]:
        """Walk from the first act on: of the moment before it there may be more records than a cut page holds."""
        return await self.walk(**{"start": self.began, **arguments})

    @property
    def records(self) -> list[Facts]:
        """The facts of every record."""
        return self.subject.join(self.subject.records(self.place))


class HistoryChecks(Checks):
    """The items of a history are the records of the ledger."""

    tier: ClassVar[Tier] = Tier.GOLD

    async def test_history_items(self, history: HistorySubject) -> None:
        """Every record of the ledger is an item, once and oldest first, with its amount, sign, unit and time."""
        async with self._story(history) as story:
            items = await story.walk()
            (promised, *_) = typing.get_args(typing.get_type_hints(history.method)["return"])
            for item in items:
                check_plain(item, promised, name=history.method.__name__)
            _check_order(history, items)
            _check_keys(history, items)
            _compare(history, items, story.records)
            if history.method is IncomeReader.iter_income:
                await self._check_sums(story, items)

    async def _check_sums(self, story: Story, items: Sequence[Any]) -> None:
        """Compare the sum of all movements of an asset with its wallet, as far as the venue writes them out."""
        sums: dict[str, Decimal] = {}
        for item in items:
            sums[item.asset] = sums.get(item.asset, Decimal(0)) + item.amount
        wallets: dict[str, Decimal] = {}
        for purse in story.place.purses:
            for figures in story.place.ledger.balances(purse=purse):
                wallets[figures.asset] = wallets.get(figures.asset, Decimal(0)) + figures.wallet
        for asset, total in sums.items():
            amounts = [item.amount for item in items if item.asset == asset]
            missing = _cut_digits(amounts, story.place.ledger.rules.money_decimals)
            words = f"the income of {asset} adds up to {total}; its wallet is {wallets[asset]}"
            assert abs(total - wallets[asset]) <= missing, words

    async def test_unheard_word_is_no_known_kind(self, income_history: HistorySubject) -> None:
        """Movements under a word that the plugin has never heard of keep it, and are of the kind OTHER."""
        async with self._story(income_history) as story:
            words = {item.venue_kind for item in await story.walk_acts()}
            transport = story.place.stage.transport
            simulated = transport.reply

            def reply(request: HttpRequest) -> Any:
                answer: Any = simulated(request)
                return HttpResponse(answer.status, answer.headers, _with_unheard(answer.body, words))

            transport.reply = reply
            kinds = {item.kind for item in await story.walk_acts() if item.venue_kind == _UNHEARD}
            assert kinds == {IncomeKind.OTHER}, f"movements that the venue calls {_UNHEARD} are of the kinds {kinds}"

    async def test_history_pages(self, history: HistorySubject) -> None:
        """Pages of 3 and of 8 rows give the items of whole pages, in their order."""
        async with self._story(history) as story:
            items = await story.walk_acts()
            for rows in _CUTS:
                with _cut(story, rows):
                    _same(history, await story.walk_acts(), items, f"in pages of {rows}")

    async def test_history_resumes(self, history: HistorySubject) -> None:
        """Behind every item come exactly those that followed it, in pages of 8 rows, also for a copy of the item."""
        async with self._story(history) as story:
            items = await story.walk_acts()
            with _cut(story, _CUTS[1]):
                for place, item in enumerate(items):
                    rest = await story.walk(after=attrs.evolve(item))
                    _same(history, rest, items[place + 1 :], f"behind {item!r}")

    async def test_history_spans(self, history: HistorySubject) -> None:
        """Start and end are both inclusive, also at the edges of windows; a span that cannot be is refused."""
        async with self._story(history) as story:
            items = await story.walk_acts()
            times = sorted({history.time_of(item) for item in items})
            spans = [(moment, moment) for moment in times[-9:]] + [(times[-4], times[-2]), (story.began, times[-1])]
            with _cut(story, _CUTS[1]):
                for start, end in spans:
                    inside = [item for item in items if start <= history.time_of(item) <= end]
                    _same(history, await story.walk(start=start, end=end), inside, f"from {start} to {end}")
            with pytest.raises(InvalidArgument):
                await story.walk(start=times[-1], end=times[-1] - _HOUR)
            with pytest.raises(InvalidArgument):
                await story.walk(start=times[-1].replace(tzinfo=None))
            ages = [one.retention.age for one in story.declared.histories if one.retention.age is not None]
            if ages and history.method is IncomeReader.iter_income:
                with pytest.raises(InvalidArgument):
                    await story.walk(start=times[-1] - max(ages) - _HOUR)

    async def test_history_filters(self, history: HistorySubject) -> None:
        """A filter leaves exactly the items that fit; one that fits none gives nothing, or is refused."""
        names = inspect.signature(history.method).parameters.keys() - {"self", "start", "end", "after"}
        async with self._story(history) as story:
            items = await story.walk_acts()
            for name in sorted(names - story.arguments.keys()):
                met = dict.fromkeys(getattr(item, name) for item in items)
                for value in met:
                    if value is not None:
                        fitting = [item for item in items if getattr(item, name) == value]
                        _same(history, await story.walk_acts(**{name: value}), fitting, f"with {name}={value}")
                if all(value is None or type(value) is str for value in met):
                    await self._check_no_such(story, name)
            for kind in self._parts() if "kind" in names else ():
                with pytest.raises(InvalidArgument):
                    await story.walk_acts(kind=kind)

    def _parts(self) -> Iterable[IncomeKind]:
        """Return the kinds of income that are part of other rows."""
        venue = self.inventory.venue
        declared = venue.has_behaviour(HistoryBehaviour)
        return venue.behaviour(HistoryBehaviour).income_parts if declared else ()

    async def _check_no_such(self, story: Story, name: str) -> None:
        """Check a filter that fits nothing."""
        try:
            found = await story.walk_acts(**{name: "NOSUCH"})
        except (InvalidArgument, InvalidRequest, NotFound):
            return
        assert not found, f"{story.subject.method.__name__} with {name}=NOSUCH gives {found[0]!r}"

    async def test_history_full_pages(self, repeated_history: HistorySubject) -> None:
        """A page as long as the venue makes it is not the last one: of more records than it holds, all come."""
        assert repeated_history.pattern is not None
        record, number = repeated_history.pattern
        async with self._story(repeated_history, (number,)) as story:
            limits = [history.limit for history in story.declared.histories]
            count = min(max(limits, default=_UNKNOWN_PAGE), _LONGEST_PAGE)
            story.place.ledger.repeat(record, count)
            await story.clock.sleep(1 + count / 1000)
            _compare(repeated_history, await story.walk(), story.records)

    async def test_history_odd_rows(self, paged_history: HistorySubject) -> None:
        """A page of which one row can be read is not the last: the rest comes, or the walk ends in an error."""
        async with self._story(paged_history) as story:
            items = await story.walk_acts()
            with _cut(story, _CUTS[0]), _odd_page(story.place.stage, paged_history) as spoilt:
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", OddRow)
                        found = await story.walk_acts()
                except PayloadMismatch:
                    return
            assert spoilt, f"{paged_history.method.__name__}: no page of an endpoint that serves it has two rows"
            given = [*map(_without_reading, found)]
            missing = [item for item in items if _without_reading(item) not in given]
            # a row may be several items, all of its own time
            is_one_page = len({*map(paged_history.time_of, missing)}) <= sum(spoilt)
            words = f"with {sum(spoilt)} rows that cannot be read {len(missing)} items are missing"
            assert is_one_page, f"{paged_history.method.__name__}: {words}"

    @asynccontextmanager
    async def _story(self, subject: HistorySubject, acts: Sequence[int] | None = None) -> AsyncIterator[Story]:
        """
        Let the records of a history come to be: some of one millisecond, and some at the edges of its windows.

        ``acts`` are the numbers of other acts, which follow each other at once.
        """
        clock = InstantClock()
        async with fake_stage(self.inventory.venue, clock=clock) as stage:
            place = TradingStage(stage)
            symbol = subject.symbol(place)
            story = Story(subject, place, clock, {} if symbol is None else {"symbol": symbol})
            with small_pages(None) as story.declared:
                await story.walk()
            place.deposit_enough()
            subject.prepare(place)
            await clock.sleep(0.001)
            story.began = from_milliseconds(clock.milliseconds())
            steps = [*enumerate((*_STEPS, *_edges(story.declared)))] if acts is None else [(one, 0) for one in acts]
            for number, step in steps:
                if step:
                    await clock.sleep(step / 1000)
                subject.act(place, number)
            await clock.sleep(1)
            yield story


def _edges(declared: PageCut) -> Sequence[int]:
    """Return steps to the edges of windows that begin with the first act: a millisecond before one, and behind it."""
    passed = sum(_STEPS)
    kept = [history.retention.age for history in declared.histories if history.retention.age is not None]
    for width in sorted({history.width for history in declared.histories}, reverse=True):
        one = width // _MILLISECOND
        if one > passed and not any(age < width + _HOUR for age in kept):
            twice = not any(age < 2 * width + _HOUR for age in kept)
            return (one - passed - 1, 1, 0, 1, *((one - 2, 1, 1) if twice else ()))
    return ()


@contextmanager
def _cut(story: Story, rows: int) -> Iterator[None]:
    """Cut the pages of declared histories, and those that the venue fixes; a plugin's own walk stays as it is."""
    stage = story.place.stage
    if story.declared.histories:
        stage.simulation.cut_pages(stage.venue.id, rows)
    try:
        with small_pages(rows):
            yield
    finally:
        stage.simulation.cut_pages(stage.venue.id, None)


@contextmanager
def _odd_page(stage: FakeStage, subject: HistorySubject) -> Iterator[list[int]]:
    """Spoil all rows but the last of the first page that has several; the list has their number."""
    answered = stage.transport.reply
    spoilt: list[int] = []

    def reply(request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        response = answered(request)
        endpoint = stage.venue.endpoint_at(*stage.arrival(request).endpoint_name)
        if spoilt or endpoint is None or subject.method not in endpoint.serves:
            return response
        assert isinstance(response, HttpResponse)
        document = json.loads(response.body)
        for path in endpoint.rows:
            rows = document
            for name in path:
                rows = rows[name]
            if isinstance(rows, list) and len(rows) > 1:
                spoilt.append(len(rows) - 1)
                rows[:-1] = [{} for _ in rows[:-1]]
        body = json.dumps(document).encode()
        return HttpResponse(response.status, response.headers, body) if spoilt else response

    stage.transport.reply = reply
    try:
        yield spoilt
    finally:
        stage.transport.reply = answered


def _cut_digits(amounts: Sequence[Decimal], decimals: int) -> Decimal:
    """Return the most that amounts lack in all, the finest of which has fewer decimals than the ledger keeps."""
    exponents = (amount.as_tuple().exponent for amount in amounts)
    finest = min(exponent for exponent in exponents if isinstance(exponent, int))
    return len(amounts) * Decimal(1).scaleb(finest) if -finest < decimals else Decimal(0)


def _with_unheard(body: bytes, words: Iterable[str]) -> bytes:
    """Return a body in which a word that no plugin knows replaces each of some words, except as the name of a field."""
    for word in words:
        body = re.sub(rf'"{re.escape(word)}"(?!\s*:)'.encode(), f'"{_UNHEARD}"'.encode(), body)
    return body


def _check_order(subject: HistorySubject, items: Sequence[Any]) -> None:
    for before, item in pairwise(items):
        in_order = subject.time_of(before) <= subject.time_of(item)
        assert in_order, f"{subject.method.__name__} is not oldest first: {item!r} comes behind {before!r}"


def _check_keys(subject: HistorySubject, items: Sequence[Any]) -> None:
    """Fail if two items have one identity."""
    known: dict[Any, Any] = {}
    for item in items:
        key = getattr(item, "key", None)
        assert key is None or key not in known, f"{subject.method.__name__}: {item!r} has the key of {known[key]!r}"
        known[key] = item


def _same(subject: HistorySubject, found: Sequence[Any], items: Sequence[Any], where: str) -> None:
    """Fail unless a walk gave these items, in their order."""
    walk = f"{subject.method.__name__} {where}"
    given, wanted = [*map(_without_reading, found)], [*map(_without_reading, items)]
    further = next((one for one in given if given.count(one) > wanted.count(one)), None)
    assert further is None, f"{walk} gives {further!r} once too often"
    missing = next((one for one in wanted if one not in given), None)
    assert missing is None, f"{walk} leaves out {missing!r}"
    in_order = given == wanted
    assert in_order, f"{walk} gives the items in another order"


def _without_reading(item: Any) -> Any:
    """Return an item as it is whenever it is read."""
    return attrs.evolve(item, received_at=None) if hasattr(item, "received_at") else item


def _compare(subject: HistorySubject, items: Sequence[Any], records: Sequence[Facts]) -> None:
    """Fail unless every record is an item with the same facts, and every item a record."""
    walk, names = subject.method.__name__, records[0].keys()
    found = _by_key(subject, subject.facts_of(items, names))
    held = _by_key(subject, records)
    missing, further = [held[key] for key in held.keys() - found], [found[key] for key in found.keys() - held]
    words = f"{walk} has no item of {len(missing)} records of the ledger, and {len(further)} items that are no record"
    assert not [*missing, *further], f"{words}; the first are {missing[:1]} and {further[:1]}"
    for key, record in held.items():
        for name, value in record.items():
            given = found[key][name]
            assert _agree(given, value) or (given is None and name not in subject.needed), (
                f"{walk}: {name} of {found[key]} is {given}; the ledger has {value}"
            )


def _by_key(subject: HistorySubject, rows: Sequence[Facts]) -> dict[tuple[Any, ...], Facts]:
    known: dict[tuple[Any, ...], Facts] = {}
    for row in rows:
        key = tuple(row[name] for name in subject.key)
        assert key not in known, f"{subject.method.__name__} gives {row} twice"
        known[key] = row
    return known


def _agree(given: Any, value: Any) -> bool:
    """Return whether a fact of an item is the ledger's figure, to the last digit that the venue wrote."""
    if isinstance(value, frozenset):
        return all(any(_agree(one, held) for held in value) for one in given - {None})
    if isinstance(value, Decimal) and isinstance(given, Decimal):
        return equal_as_written(given, value)
    return bool(given == value)
