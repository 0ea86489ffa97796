"""Several orders in one request; each with a result of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, TypeVar

import attrs

from venuekit._util.called import called_method
from venuekit.account import Account
from venuekit.capabilities import Amendment, Order, OrderBehaviour, OrderRequest
from venuekit.endpoint import Change, Endpoint, Priority
from venuekit.errors import (
    Conflict,
    NeverSent,
    NotExecuted,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    Rejected,
)
from venuekit.faults import error_of, is_listed
from venuekit.message import Answer
from venuekit.order_check.check import look_before_sending
from venuekit.order_scope import MadeId, OrderName
from venuekit.parts.concurrency import gather_all
from venuekit.parts.orders.amendments import Amendments, is_as_asked, name_of
from venuekit.parts.orders.checks import check_name
from venuekit.parts.orders.orders import Draft
from venuekit.parts.orders.reads import BatchItem, Row
from venuekit.parts.orders.routes import OrderRoutes, Size
from venuekit.payloads import MISFITS, mismatch_of
from venuekit.resolution import Applied, Lost

E = TypeVar("E", bound=OperationError)
V = TypeVar("V")

Result: TypeAlias = Order | OperationError

#: within which an order of which the venue does not know whether it took it has come into being
_UNDECIDED = timedelta(minutes=1)
#: seconds between looks for such an order
_LOOKS = (0.0, 1.0, 2.0)


@attrs.frozen
class _ItemResult:
    """One item of an answer, the order that it names, the venue's own object where it is kept, and both times."""

    item: BatchItem
    name: OrderName
    raw: Any
    as_of: datetime
    received_at: datetime
    #: whether an earlier attempt of the same batch had no answer
    after_loss: bool = False


@attrs.frozen
class Batches:
    """The batches of one account, over the routes of its venue."""

    account: Account
    routes: OrderRoutes

    @property
    def orders(self) -> Amendments:
        """The orders one by one."""
        return Amendments(self.account, self.routes)

    # -- placing

    async def place(self, requests: Sequence[OrderRequest], *, looks: bool = False) -> tuple[Result, ...]:
        """
        Place the orders of a route with batches in one request, then those of another route each by itself.

        With ``looks`` the account is read before, and an order that it will refuse is not sent.
        """
        self._check_count(len(requests), self.account.behaviour(OrderBehaviour).place_batch)
        drafts = [await self.orders.draft(request) for request in requests]
        if len({draft.request.client_id for draft in drafts}) < len(drafts):
            raise self.account.refuse("two orders have the same client id")
        ordered = [draft.request for draft in drafts]
        refusals = await look_before_sending(self.account, ordered) if looks else (None,) * len(drafts)
        sent = [draft for draft, refusal in zip(drafts, refusals, strict=True) if refusal is None]
        together = [draft for draft in sent if draft.route.batches is not None]
        alone = [draft for draft in sent if draft.route.batches is None]

        def in_order(batch: Sequence[Result], others: Sequence[Result]) -> tuple[Result, ...]:
            first, second = iter(batch), iter(others)
            return tuple(
                refusal or next(second if draft.route.batches is None else first)
                for draft, refusal in zip(drafts, refusals, strict=True)
            )

        try:
            placed = await self._place_batch(together) if together else ()
        except OutcomeUnknown as unknown:
            words = "it was not known then what became of the plain orders of the same batch"
            unsent = [self._error(NeverSent, words, _name_of(draft.request)) for draft in alone]
            unknown.then(lambda results: in_order(results, unsent))
            raise
        return in_order(placed, await gather_all(_or_error(self.orders.place(draft)) for draft in alone))

    async def _place_batch(self, drafts: Sequence[Draft]) -> tuple[Result, ...]:
        route, way, sizes = self.routes.first, self.routes.batches, await self.orders.sizes()
        requests = [draft.request for draft in drafts]
        parameters = way.request([draft.form for draft in drafts], [sizes(request.symbol) for request in requests])
        items: Sequence[Mapping[str, Any]] = parameters[way.items]

        async def result(one: _ItemResult, request: OrderRequest, item: Mapping[str, Any]) -> Result:
            def order_of(row: Row, raw: Any) -> Order:
                return route.placed(request, row, sizes(request.symbol), one.received_at, raw)

            order = self._item_error(one) or self._order_in(one, order_of)
            if isinstance(order, Order) or order.outcome is Outcome.NOT_APPLIED:
                return order
            return await self._find_undecided(order, one.as_of, item, order_of)

        async def results(answers: Sequence[_ItemResult]) -> tuple[Result, ...]:
            return await gather_all(map(result, answers, requests, items))

        names = list(map(_name_of, requests))
        try:
            answers = await self._send(way.place, parameters, names, results)
        except NotExecuted as absent:
            return absent.of_each((request.symbol, request.client_id) for request in requests)
        return await results(answers)

    async def _find_undecided(
        self,
        failed: OperationError,
        sent_at: datetime,
        item: Mapping[str, Any],
        order_of: Callable[[Row, Any], Order],
    ) -> Result:
        """Look for an order of which the venue says that it does not know whether it took it."""
        route = self.routes.first
        client_id = item[route.names.new_client_id]
        # where no id has two orders, an order of this id is this one
        is_unique = isinstance(client_id, MadeId) or not route.reads.ids_are_reused
        made = frozenset({client_id} if is_unique else ())
        lost = Lost(route.place, item, sent_at, sent_at + _UNDECIDED, made=made)
        read, resolve = self.account.with_options(priority=Priority.RISK).call, route.place.resolve

        async def look() -> Order:
            for pause in _LOOKS:
                await self.account.pause(pause)
                try:
                    resolution = None if resolve is None else await resolve(read, lost)
                except OperationError:  # observers have seen why it cannot be read
                    continue
                if isinstance(resolution, Applied):
                    return order_of(resolution.answer, None)
            raise failed

        failed.resolve_with(look)
        return await _or_error(look())

    # -- cancelling

    async def cancel(self, symbol: str, names: Sequence[OrderName]) -> tuple[Result, ...]:
        """Cancel orders of a symbol and return how each ended; one not open on the first route is looked for."""
        way = self.routes.batches
        self._check_count(len(names), self.account.behaviour(OrderBehaviour).cancel_batch)
        for name in names:
            check_name(self.account, self.routes, name)
        requests = way.cancel_requests(symbol, names)
        answers: list[_ItemResult | OperationError] = []
        for parameters, named in requests:
            try:
                answers += await self._send(way.cancel, parameters, named, partial(self._present, named, named))
            except OperationError as failure:
                if len(requests) == 1:
                    raise
                answers += [failure] * len(named)  # it must not hide the results of the other request
        return await gather_all(map(self._cancel_result, answers))

    async def _cancel_result(self, one: _ItemResult | OperationError) -> Result:
        if isinstance(one, OperationError):
            return one
        route, orders, name = self.routes.first, self.orders, one.name
        try:
            failed = self._item_error(one)
            if failed is None:
                return await self._final(one)
            if isinstance(failed, OutcomeUnknown):
                present = await self._find(name)
                return failed if present is None or present.is_open else present
            if not is_listed(route.unknown_order, failed.code, failed.message):
                return failed
            if one.after_loss:
                # the attempt without an answer may have cancelled it
                words = "the answer was lost, and no such order is to be found"
                failed = self._error(OutcomeUnknown, words, name)
            return await orders.cancel_elsewhere(failed, name)
        except OperationError as error:
            return error

    async def _final(self, one: _ItemResult) -> Result:
        """Return how an order ended that the venue has agreed to cancel, whichever read fails since."""
        route, orders = self.routes.first, self.orders
        has_row = route.acknowledges or isinstance(one.item.row, Order)  # an order shows how a lost one was found
        sizes = await _or_none(orders.sizes()) if has_row else None
        if sizes is None:
            return await orders.final(route, one.name, None)
        size = sizes(one.name.symbol)
        order = self._order_in(one, lambda row, raw: route.order_of(row, size, one.received_at, raw))
        if isinstance(order, Order):
            return await orders.final(route, one.name, order)
        return await self._find(one.name) or order  # its row cannot be read

    async def _find(self, name: OrderName) -> Order | None:
        """Return an order of the first route, None where it cannot be read either."""
        return await _or_none(self.orders.find(self.routes.first, name))

    # -- amending

    async def amend(self, amendments: Sequence[Amendment]) -> tuple[Result, ...]:
        """Amend orders; one that is gone when it must be read first keeps no other from being amended."""
        self._check_count(len(amendments), self.account.behaviour(OrderBehaviour).amend_batch)
        forms = [await self._amend_form(amendment) for amendment in amendments]
        sent = [(form, one) for form, one in zip(forms, amendments, strict=True) if isinstance(form, dict)]
        answers: Iterator[_ItemResult] = iter(())
        sizes = await self.orders.sizes()  # before anything is sent: its failure would be told as that of the batch
        if sent:
            names = [name_of(one) for _, one in sent]
            parameters = self.routes.batches.request([form for form, _ in sent], [sizes(one.symbol) for _, one in sent])
            later = partial(self._present, list(map(name_of, amendments)), names)
            answers = iter(await self._send(self.routes.amending.batch, parameters, names, later))
        results = [form if isinstance(form, OperationError) else next(answers) for form in forms]
        return await gather_all(map(self._amend_result, results, amendments, [sizes(one.symbol) for one in amendments]))

    async def _amend_form(self, amendment: Amendment) -> dict[str, Any] | OperationError:
        try:
            return await self.orders.form(amendment)
        except (NotFound, Rejected) as gone:
            return gone

    async def _amend_result(self, one: _ItemResult | OperationError, amendment: Amendment, size: Size) -> Result:
        if isinstance(one, OperationError):
            return one
        orders = self.orders
        failed = self._item_error(one)
        if failed is None:
            return await self._read_amended(one, amendment, size)
        may_hold = one.after_loss or isinstance(failed, OutcomeUnknown)
        if may_hold or self._is_unchanged(one.item):
            present = await _or_error(orders.get(one.name))
            if is_as_asked(present, amendment):
                return present
            if not may_hold and not isinstance(present, Order):
                return present
        if isinstance(failed, NotFound):
            failed = await orders.not_amendable(failed, one.name)
        if one.after_loss:
            failed.outcome = Outcome.UNKNOWN  # the attempt without an answer may have been taken
        return failed

    def _is_unchanged(self, item: BatchItem) -> bool:
        unchanged = self.routes.amending.unchanged
        return unchanged is not None and is_listed((unchanged,), item.code, item.message)

    async def _read_amended(self, one: _ItemResult, amendment: Amendment, size: Size) -> Result:
        orders, amended = self.orders, self.routes.first.amended
        order = self._order_in(one, lambda row, raw: amended(amendment, row, size, one.received_at, raw))
        if isinstance(order, Order):
            return await orders.complete(amendment, order)
        present = await _or_error(orders.get(one.name))  # amended, and its row cannot be read
        return present if isinstance(present, Order) else order

    # -- items

    async def _send(
        self,
        endpoint: Endpoint[Any],
        parameters: Mapping[str, Any],
        names: Sequence[OrderName],
        later: Callable[[Any], Awaitable[tuple[Result, ...]]],
    ) -> Sequence[_ItemResult]:
        """
        Send a batch of orders and take its answer apart; one of another length cannot be believed.

        ``later`` makes the results of the batch once ``resolve()`` has found the outcome of a lost one.
        """

        def read(answer: Answer[Any]) -> Sequence[_ItemResult]:
            change: Change[Any] = (
                answer.value if isinstance(answer.value, Change) else Change(answer.value, changed=True)
            )
            items: Sequence[BatchItem] = change.answer or ()
            if len(items) != len(names):
                raise PayloadMismatch(f"{len(names)} orders were asked for, and {len(items)} were answered")
            raws = self.routes.batches.shape.raws_of(answer.raw, len(names))
            return [
                _ItemResult(item, name, raw, answer.as_of, answer.received_at, after_loss=change.changed is None)
                for item, name, raw in zip(items, names, raws, strict=True)
            ]

        try:
            constants = self.routes.first.reads.constants
            return await self.account.answer_as(read, endpoint, **{**constants, **parameters})
        except (OutcomeUnknown, Conflict) as unknown:
            unknown.then(later)
            raise

    async def _present(self, names: Sequence[OrderName], sent: Sequence[OrderName], _: Any) -> tuple[Result, ...]:
        """Return orders as they are now; a read that fails does not undo what was ``sent`` and carried out."""

        def read(name: OrderName) -> Awaitable[Order]:
            if name not in sent:
                return self.orders.get(name)
            look = partial(self.orders.get, name)
            return self.account.look_after(look, subject=name.symbol, client_id=name.client_id)

        return await gather_all(_or_error(read(name)) for name in names)

    def _check_count(self, count: int, most: int) -> None:
        if not 1 <= count <= most:
            raise self.account.refuse(f"a batch has 1 to {most} orders, not {count}")

    def _order_in(self, one: _ItemResult, order_of: Callable[[Row, Any], Order]) -> Result:
        """Return the order of an item that was taken, an error where its row cannot be read."""
        try:
            return order_of(one.item.row, one.raw)
        except MISFITS as error:
            mismatch = mismatch_of(error)
        mismatch.venue, mismatch.operation, mismatch.subject = self.account.venue.id, called_method(), one.name.symbol
        mismatch.client_id, mismatch.outcome = one.name.client_id, Outcome.APPLIED
        return mismatch

    def _item_error(self, one: _ItemResult) -> OperationError | None:
        """Return the error of an item that was not taken, None for one that was."""
        item = one.item
        if item.absent:
            words = "the answer was lost, others of the batch arrived, and this one is nowhere"
            return self._error(NotExecuted, words, one.name)
        if not item.is_refused:
            return None
        self.account.outdate_by(item.code, item.message)
        fault = self.account.venue.faults.classify(200, item.code, item.message, is_foreign=False)
        if fault.leaves_open:
            return self._error(OutcomeUnknown, item.message, one.name, code=item.code)
        return self._error(error_of(fault), item.message, one.name, code=item.code, outcome=Outcome.NOT_APPLIED)

    def _error(self, kind: type[E], words: str, name: OrderName, **details: Any) -> E:
        return self.account.make_error(kind, words, subject=name.symbol, client_id=name.client_id, **details)


def _name_of(request: OrderRequest) -> OrderName:
    return OrderName(request.symbol, None, request.client_id)


async def _or_none(read: Awaitable[V]) -> V | None:
    """Return what a read finds, None where it fails."""
    try:
        return await read
    except OperationError:
        return None


async def _or_error(order: Awaitable[Order]) -> Result:
    """Return an order, or the error that reading it ended in."""
    try:
        return await order
    except OperationError as error:
        return error
