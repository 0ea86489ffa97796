"""Several orders in one request; each with a result of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs

from venuekit._util.called import called_method
from venuekit.account import Account, Answer
from venuekit.capabilities import Amendment, Order, OrderBehaviour, OrderRequest
from venuekit.endpoint import Change, Priority
from venuekit.errors import (
    NeverSent,
    NotExecuted,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    Rejected,
)
from venuekit.faults import error_of
from venuekit.ids import MadeId
from venuekit.order_scope import OrderName
from venuekit.parts.concurrency import gather_all
from venuekit.parts.orders.amendments import Amendments, is_as_asked, name_of
from venuekit.parts.orders.checks import check_name
from venuekit.parts.orders.orders import Draft, Orders
from venuekit.parts.orders.reads import BatchItem, Row, Shape
from venuekit.parts.orders.routes import OrderRoute, OrderRoutes, Size
from venuekit.payloads import MISFITS, mismatch_of
from venuekit.resolution import Applied, Lost

Result: TypeAlias = Order | OperationError

#: within which an order of which the venue does not know whether it took it has come into being
_UNDECIDED = timedelta(minutes=1)
#: seconds between looks for such an order
_LOOKS = (0.0, 1.0, 2.0)


@attrs.frozen
class _ItemResult:
    """One item of a batch's answer, the venue's own object where it is kept, and when it was sent and received."""

    item: BatchItem
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
    def orders(self) -> Orders:
        """The orders one by one."""
        return Orders(self.account, self.routes)

    # -- placing

    async def place(self, requests: Sequence[OrderRequest]) -> tuple[Result, ...]:
        """
        Place the orders of a route with batches in one request, then those of another route each by itself.

        While the outcome of the first request is unknown, none of the others is sent.
        """
        self._check_count(len(requests), self.account.behaviour(OrderBehaviour).place_batch)
        drafts = [await self.orders.draft(request) for request in requests]
        if len({draft.request.client_id for draft in drafts}) < len(drafts):
            raise self.account.refuse("two orders have the same client id")
        together = [draft for draft in drafts if draft.route.batches is not None]
        alone = [draft for draft in drafts if draft.route.batches is None]

        def in_order(batch: Sequence[Result], others: Sequence[Result]) -> tuple[Result, ...]:
            first, second = iter(batch), iter(others)
            return tuple(next(second if draft.route.batches is None else first) for draft in drafts)

        try:
            placed = await self._place_batch(together) if together else ()
        except OutcomeUnknown as unknown:
            unsent = [self._not_sent(draft.request) for draft in alone]
            unknown.then(lambda results: in_order(results, unsent))
            raise
        return in_order(placed, await gather_all(_or_error(self.orders.place(draft)) for draft in alone))

    async def _place_batch(self, drafts: Sequence[Draft]) -> tuple[Result, ...]:
        route, way = self.routes.first, self.routes.batches
        sizes = await self.orders.sizes()
        forms, symbols = [draft.form for draft in drafts], [draft.request.symbol for draft in drafts]
        parameters = {**route.reads.constants, **way.request(forms, list(map(sizes, symbols)))}
        items: Sequence[Mapping[str, Any]] = parameters[way.items]

        async def result(one: _ItemResult, draft: Draft, item: Mapping[str, Any]) -> Result:
            request = draft.request
            failed = self._item_error(one, request.symbol, request.client_id)

            def order_of(row: Row, raw: Any) -> Order:
                return route.placed(request, row, sizes(request.symbol), one.received_at, raw)

            if failed is None:
                order = self._order_in(one, request.symbol, request.client_id, order_of)
                if isinstance(order, Order):
                    return order
                failed = order
            if failed.outcome is Outcome.NOT_APPLIED:
                return failed
            return await self._find_undecided(route, failed, one.as_of, item, order_of)

        async def results(answers: Sequence[_ItemResult]) -> tuple[Result, ...]:
            return tuple(await gather_all(map(result, answers, drafts, items)))

        try:
            answers = await self.account.answer_as(_items_of(way.shape, len(drafts)), way.place, **parameters)
        except NotExecuted as absent:
            return absent.of_each((draft.request.symbol, draft.request.client_id) for draft in drafts)
        except OutcomeUnknown as unknown:
            unknown.then(results)
            raise
        return await results(answers)

    async def _find_undecided(
        self,
        route: OrderRoute,
        failed: OperationError,
        sent_at: datetime,
        item: Mapping[str, Any],
        order_of: Callable[[Row, Any], Order],
    ) -> Result:
        """Look for an order of which the venue says that it does not know whether it took it."""
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

    def _not_sent(self, request: OrderRequest) -> NeverSent:
        words = "it was not known then what became of the plain orders of the same batch"
        return self.account.make_error(NeverSent, words, subject=request.symbol, client_id=request.client_id)

    # -- cancelling

    async def cancel(self, symbol: str, names: Sequence[OrderName]) -> tuple[Result, ...]:
        """Cancel orders of a symbol and return how each ended; one not open on the first route is looked for."""
        constants, way = self.routes.first.reads.constants, self.routes.batches
        self._check_count(len(names), self.account.behaviour(OrderBehaviour).cancel_batch)
        for name in names:
            check_name(self.account, self.routes, name)
        requests = way.cancel_requests(symbol, names)
        answers: list[_ItemResult | OperationError] = []
        for parameters, named in requests:
            try:
                answers += await self.account.answer_as(
                    _items_of(way.shape, len(named)), way.cancel, **constants, **parameters
                )
            except OperationError as failure:
                if isinstance(failure, OutcomeUnknown):
                    failure.then(self._present_later(named))
                if len(requests) == 1:
                    raise
                answers += [failure] * len(named)  # it must not hide the results of the other request
        size = (await self.orders.sizes())(symbol)
        return tuple(
            await gather_all(self._cancel_result(one, name, size) for one, name in zip(answers, names, strict=True))
        )

    async def _cancel_result(self, one: _ItemResult | OperationError, name: OrderName, size: Size) -> Result:
        if isinstance(one, OperationError):
            return one
        route, orders, symbol = self.routes.first, self.orders, name.symbol or ""
        try:
            failed = self._item_error(one, symbol, name.client_id)
            if failed is None:
                return await self._final(one, name, size)
            if isinstance(failed, OutcomeUnknown):
                present = await orders.find(route, name)
                return failed if present is None or present.is_open else present
            if failed.code not in route.unknown_order:
                return failed
            if one.after_loss:
                # the attempt without an answer may have cancelled it
                words = "the answer was lost, and no such order is to be found"
                failed = self.account.make_error(OutcomeUnknown, words, subject=symbol, client_id=name.client_id)
            return await orders.cancel_elsewhere(failed, name)
        except OperationError as error:
            return error

    async def _final(self, one: _ItemResult, name: OrderName, size: Size) -> Result:
        """Return how an order ended that the venue has agreed to cancel."""
        route, orders, symbol = self.routes.first, self.orders, name.symbol or ""
        if not route.acknowledges:
            return await orders.final(route, name, None)
        order = self._order_in(
            one, symbol, name.client_id, lambda row, raw: route.order_of(row, size, one.received_at, raw)
        )
        if isinstance(order, Order):
            return await orders.final(route, name, order)
        return await orders.find(route, name) or order  # cancelled, and its row cannot be read

    # -- amending

    async def amend(self, amendments: Sequence[Amendment]) -> tuple[Result, ...]:
        """
        Amend orders; one that already is so is returned as it is.

        Where an order must be read for the number that is None, and is gone, the others are amended all the same.
        """
        route, way = self.routes.first, self.routes.batches
        self._check_count(len(amendments), self.account.behaviour(OrderBehaviour).amend_batch)
        forms = [await self._amend_form(amendment) for amendment in amendments]
        sent = [(form, one.symbol) for form, one in zip(forms, amendments, strict=True) if isinstance(form, dict)]
        answers: Iterator[_ItemResult] = iter(())
        if sent:
            sizes = await self.orders.sizes()
            parameters = way.request([form for form, _ in sent], [sizes(symbol) for _, symbol in sent])
            read, endpoint = _items_of(way.shape, len(sent)), self.routes.amending.batch
            try:
                answers = iter(await self.account.answer_as(read, endpoint, **route.reads.constants, **parameters))
            except OutcomeUnknown as unknown:
                unknown.then(self._present_later(list(map(name_of, amendments))))
                raise
        results = [form if isinstance(form, OperationError) else next(answers) for form in forms]
        return tuple(
            await gather_all(
                self._amend_result(one, amendment) for one, amendment in zip(results, amendments, strict=True)
            )
        )

    async def _amend_form(self, amendment: Amendment) -> dict[str, Any] | OperationError:
        try:
            return await Amendments(self.orders).form(amendment)
        except (NotFound, Rejected) as gone:
            return gone

    async def _amend_result(self, one: _ItemResult | OperationError, amendment: Amendment) -> Result:
        if isinstance(one, OperationError):
            return one
        orders, name = self.orders, name_of(amendment)
        failed = self._item_error(one, amendment.symbol, amendment.client_id)
        if failed is None:
            return await self._read_amended(one, amendment)
        may_hold = one.after_loss or isinstance(failed, OutcomeUnknown)
        if may_hold or one.item.code == self.routes.amending.unchanged:
            present = await _or_error(orders.get(name))
            if is_as_asked(present, amendment):
                return present
            if not may_hold and not isinstance(present, Order):
                return present
        if isinstance(failed, NotFound):
            failed = await Amendments(orders).not_amendable(failed, name)
        if one.after_loss:
            failed.outcome = Outcome.UNKNOWN  # the attempt without an answer may have been taken
        return failed

    async def _read_amended(self, one: _ItemResult, amendment: Amendment) -> Result:
        orders, amended = self.orders, self.routes.first.amended
        size = (await orders.sizes())(amendment.symbol)
        order = self._order_in(
            one,
            amendment.symbol,
            amendment.client_id,
            lambda row, raw: amended(amendment, row, size, one.received_at, raw),
        )
        if isinstance(order, Order):
            return await Amendments(orders).complete(amendment, order)
        present = await _or_error(orders.get(name_of(amendment)))  # amended, and its row cannot be read
        return present if isinstance(present, Order) else order

    # -- items

    def _present_later(self, names: Sequence[OrderName]) -> Callable[[Any], Awaitable[tuple[Result, ...]]]:
        return lambda _: self._present(names)

    async def _present(self, names: Sequence[OrderName]) -> tuple[Result, ...]:
        """Return orders as they are now."""
        return tuple(await gather_all(_or_error(self.orders.get(name)) for name in names))

    def _check_count(self, count: int, most: int) -> None:
        if not 1 <= count <= most:
            raise self.account.refuse(f"a batch has 1 to {most} orders, not {count}")

    def _order_in(
        self,
        one: _ItemResult,
        symbol: str,
        client_id: str | None,
        order_of: Callable[[Row, Any], Order],
    ) -> Order | OperationError:
        """Return the order of an item that was taken, an error where its row cannot be read."""
        try:
            return order_of(one.item.row, one.raw)
        except MISFITS as error:
            mismatch = mismatch_of(error)
        mismatch.venue, mismatch.operation, mismatch.subject = self.account.venue.id, called_method(), symbol
        mismatch.client_id, mismatch.outcome = client_id, Outcome.APPLIED
        return mismatch

    def _item_error(self, one: _ItemResult, symbol: str, client_id: str | None) -> OperationError | None:
        """Return the error of an item that was not taken, None for one that was."""
        item, error = one.item, self.account.make_error
        details: dict[str, Any] = {"subject": symbol, "client_id": client_id}
        if item.absent:
            words = "the answer was lost, others of the batch arrived, and this one is nowhere"
            return error(NotExecuted, words, **details)
        if item.code is None:
            return None
        self.account.outdate_by(item.code)
        fault = self.account.venue.faults.classify(200, item.code, item.message)
        if fault.leaves_open:
            return error(OutcomeUnknown, item.message, code=item.code, **details)
        return error(error_of(fault), item.message, code=item.code, outcome=Outcome.NOT_APPLIED, **details)


def _items_of(shape: Shape, count: int) -> Callable[[Answer[Any]], Sequence[_ItemResult]]:
    """Return the function that takes the answer of a batch apart; one with another ``count`` cannot be believed."""

    def read(answer: Answer[Any]) -> Sequence[_ItemResult]:
        change: Change[Any] = answer.value if isinstance(answer.value, Change) else Change(answer.value, changed=True)
        items: Sequence[BatchItem] = change.answer or ()
        if len(items) != count:
            raise PayloadMismatch(f"{count} orders were asked for, and {len(items)} were answered")
        return [
            _ItemResult(item, raw, answer.as_of, answer.received_at, after_loss=change.changed is None)
            for item, raw in zip(items, shape.raws_of(answer.raw, count), strict=True)
        ]

    return read


async def _or_error(order: Awaitable[Order]) -> Result:
    """Return an order, or the error that reading it ended in."""
    try:
        return await order
    except OperationError as error:
        return error
