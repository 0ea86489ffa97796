"""Orders: place and cancel. Conditional ones go to the book they belong to; the caller sees one."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import attrs

from venuekit.capabilities import (
    Capability,
    Order,
    OrderControl,
    OrderKind,
    OrderRequest,
    OrderStatus,
    OrderTestControl,
)
from venuekit.parts.concurrency import gather_all
from venuekit.plugin import (
    Answer,
    Endpoint,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    Priority,
    Rejected,
    UnsupportedCapability,
)
from venuekit_binance_common.orders.algo_endpoints import AlgoEndpoints
from venuekit_binance_common.orders.form import algo_form, check_form, is_number, order_form, order_name
from venuekit_binance_common.orders.lost_orders import UNKNOWN_ORDER
from venuekit_binance_common.orders.reader import BinanceOrderReading
from venuekit_binance_common.orders.values import Size, algo_order_of
from venuekit_binance_common.symbols.instruments import unknown_symbol_error

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import AlgoOrderRow, OrderRow

__all__ = ["BinanceOrderTest", "BinanceOrders"]

T = TypeVar("T")
#: seconds between looks at an order that was cancelled, until the reads show that it has ended
_LOOKS = (0.0, 0.2, 0.4, 0.8)
#: how often cancelling everything may leave as much as there was
_FRUITLESS_ROUNDS = 4
#: and how often it is asked for in all, when somebody else keeps placing
_ROUNDS_AT_MOST = 40
_PAUSE = 0.25


class BinanceOrders(BinanceOrderReading, OrderControl):
    """
    Place and cancel orders.

    The client id, which is always sent, is unique among open orders only: while an order of the same id is open, a
    second one is refused with -4116; once the first is filled or cancelled, the same id places a second order.
    """

    __slots__ = ()

    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order and return it with what was filled at once.

        Where the answer was lost and the order was found by its client id, it is returned as it was found. A lost
        conditional order cannot be found once it is no longer open where the venue has no query of them.
        """
        whole = await self._check_request("place_order", request)
        algo = self._book_of(whole)
        if algo is not None:
            return await self._place_algo(algo, whole)
        size = await self._size(whole.symbol)

        def to_order(answer: Answer[OrderRow]) -> Order:
            return self._order_of(answer.value, size, answer.received_at, answer.raw)

        return await self.answer_as(to_order, self.ORDERS.place, **order_form(whole), contractSize=self._worth(size))

    async def _place_algo(self, algo: AlgoEndpoints, whole: OrderRequest) -> Order:
        size = await self._size(whole.symbol)

        def to_order(answer: Answer[AlgoOrderRow]) -> Order:
            return algo_order_of(answer.value, size, answer.received_at, answer.raw)

        return await self.answer_as(to_order, algo.place, **algo_form(whole), contractSize=self._worth(size))

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order of either book and return how it ended, also when that was before.

        Raises:
            NotFound: the venue knows no such order (-2011).
            OutcomeUnknown: a conditional order is no longer open, and the venue does not tell how it ended.
        """
        name = order_name(self, "cancel_order", symbol, order_id, client_id)
        try:
            answer = await self.answer(self.ORDERS.cancel, symbol=symbol, **name)
        except (Rejected, OutcomeUnknown) as trouble:
            if isinstance(trouble, OutcomeUnknown):
                trouble.then(lambda _: self.get_order(symbol, order_id=order_id, client_id=client_id))
            if trouble.code != UNKNOWN_ORDER:
                raise
            return await self._cancel_elsewhere(trouble, symbol, order_id, client_id)

        async def read_ended_order() -> Order:
            row = answer.value.answer
            if row is None:
                return await self.get_order(symbol, order_id=order_id, client_id=client_id)
            return await self._read_final_state(
                self._order_of(row, await self._size(symbol), answer.received_at, answer.raw)
            )

        return await self.look_after(read_ended_order, operation="cancel_order", subject=symbol, client_id=client_id)

    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """
        Cancel every book, plain and conditional, until nothing is open; return what stays open.

        What fails in one book, of one symbol or for one order keeps no other from being cancelled; it is raised
        afterwards, when anything is left, or may be: what a symbol's books were asked for before anything was seen.
        """
        failures: list[OperationError] = []
        urgent = self.with_options(priority=Priority.RISK)
        fruitless = rounds = 0
        if symbol is not None:
            failures += await self._cancel_all(symbol, ())

        async def look() -> tuple[Order, ...]:
            if symbol is None and not rounds:
                return await urgent.every_open_order(None)  # nothing was sent before it
            try:
                return await self.look_after(
                    lambda: urgent.every_open_order(symbol), operation="cancel_all_orders", subject=symbol
                )
            except OperationError as unread:
                raise self._first_failure(symbol, [*failures, unread]) from None  # that of a cancellation says more

        left = await look()
        while left and not failures and fruitless < _FRUITLESS_ROUNDS and rounds < _ROUNDS_AT_MOST:
            rounds += 1
            before = {order.key for order in left}
            for name in sorted({order.symbol for order in left}):
                failures += await self._cancel_all(name, tuple(order for order in left if order.symbol == name))
            left = await look()
            if left and {order.key for order in left} >= before:
                fruitless += 1
                await self.pause(_PAUSE)
                left = await look()
        if failures and (left or symbol is not None):
            raise self._first_failure(symbol, failures)
        return left

    def _first_failure(self, symbol: str | None, failures: Sequence[OperationError]) -> OperationError:
        """Return the first failure; ``resolve()`` of one after which orders may have ended returns what is left."""
        failure = failures[0]
        if isinstance(failure, OutcomeUnknown):
            failure.then(lambda _: self.every_open_order(symbol))
        elif failure.outcome is Outcome.UNKNOWN:
            failure.resolve_with(lambda: self.every_open_order(symbol))
        return failure

    async def _cancel_all(self, symbol: str, left: tuple[Order, ...]) -> list[OperationError]:
        """
        Empty the books of a symbol, and return what failed.

        Conditional orders go one by one where there is no way to cancel them all.
        """
        outcomes = [await _failure(self.call(self.ORDERS.cancel_all, symbol=symbol))]
        algo = self.ORDERS.algo
        if algo is not None and algo.cancel_all is not None:
            outcomes.append(await _failure(self.call(algo.cancel_all, symbol=symbol)))
        elif algo is not None:
            urgent = self.with_options(priority=Priority.RISK)
            try:
                left = left or await urgent.every_open_order(symbol)
            except OperationError as unread:
                outcomes.append(unread)
            conditional = [order for order in left if order.kind is OrderKind.CONDITIONAL]
            outcomes += await gather_all(_failure(self._end_algo(algo, order)) for order in conditional)
        failures = [failure for failure in outcomes if failure is not None]
        for failure in failures:
            # the whole is what was asked for: where a part of it was carried out, none of it was not
            if len(failures) < len(outcomes) and failure.outcome in {Outcome.NOT_SENT, Outcome.NOT_APPLIED}:
                failure.outcome = Outcome.UNKNOWN
        return failures

    async def _end_algo(self, algo: AlgoEndpoints, order: Order) -> None:
        """Cancel an order of many; lost twice it is asked for once more, as often in all as a read."""
        try:
            try:
                await self.call(algo.cancel, algoId=int(order.id), symbol=order.symbol)
            except OutcomeUnknown:
                await self.pause(_PAUSE)
                await self.call(algo.cancel, algoId=int(order.id), symbol=order.symbol)
        except Rejected as refused:
            if refused.code != UNKNOWN_ORDER:
                raise  # that it has ended meanwhile is as good

    # -- one order that is to end

    async def _cancel_elsewhere(
        self, trouble: OperationError, symbol: str, order_id: str | None, client_id: str | None
    ) -> Order:
        """Cancel what is not open in the plain book: it has ended, or it is in the conditional one."""
        name = order_name(self, "cancel_order", symbol, order_id, client_id)
        try:
            plain = await self._plain_order(symbol, name)
            if plain is not None and (order_id is not None or not plain.status.is_final):
                if plain.status.is_final:
                    return plain
                raise trouble
            conditional = await self._algo_order(symbol, order_id, client_id)
        except OperationError as unread:
            # an unknown outcome says more than that a look failed
            raise (trouble if isinstance(trouble, OutcomeUnknown) else unread) from None
        if self.ORDERS.algo is not None and conditional is not None and conditional.status is OrderStatus.UNTRIGGERED:
            return await self._cancel_algo(trouble.operation, self.ORDERS.algo, conditional)
        orders = [order for order in (plain, conditional) if order is not None]
        if not orders:
            raise _nowhere(trouble)
        return max(orders, key=lambda order: (order.created_at is not None, order.created_at))

    async def _cancel_algo(self, operation: str, algo: AlgoEndpoints, order: Order) -> Order:
        try:
            change = await self.call(algo.cancel, algoId=int(order.id), symbol=order.symbol)
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self.get_order(order.symbol, order_id=order.id))
            raise
        except Rejected as refused:
            present = await self._algo_order(order.symbol, order.id, None)
            if refused.code != UNKNOWN_ORDER or present is None or not present.status.is_final:
                raise
            return present
        canceled = attrs.evolve(order, status=OrderStatus.CANCELED, venue_status="CANCELED", raw=None)
        for pause in _LOOKS:
            if self.lacks(algo.order):
                break
            if pause:
                await self.pause(pause)
            try:
                present = await self._algo_order(order.symbol, order.id, None)
            except OperationError:  # likewise
                continue
            if present is not None and present.status.is_final:
                return present
        if change.answer is None:
            self._not_told(operation, order)
        return canceled

    async def _read_final_state(self, acknowledged: Order) -> Order:
        """Return how an order ended: acknowledgements lack average price, value and the time it was placed."""
        # by its id: the client's may be that of another order by now
        name = order_name(self, "cancel_order", acknowledged.symbol, acknowledged.id, None)
        for pause in _LOOKS:
            if pause:
                await self.pause(pause)
            try:
                present = await self._plain_order(acknowledged.symbol, name)
            except OperationError:  # it was cancelled, whatever cannot be read of it
                continue
            if present is not None and present.status.is_final:
                return present
        return acknowledged

    def _unfound(self, operation: str, symbol: str, client_id: str | None) -> OutcomeUnknown:
        return OutcomeUnknown(
            "the answer was lost, and no such order is to be found",
            venue=self.venue.id,
            operation=operation,
            subject=symbol,
            client_id=client_id,
        )

    def _not_told(self, operation: str, order: Order) -> NoReturn:
        raise OutcomeUnknown(
            "it is no longer open, and whether it was cancelled or triggered cannot be read",
            venue=self.venue.id,
            operation=operation,
            subject=order.symbol,
            client_id=order.client_id,
        )

    def _worth(self, size: Size) -> Decimal | None:
        """Return what a guard wants to know of contracts that are some of the quote asset; None where they are not."""
        return None if self.ORDERS.terms.sizes_in_base else size.size

    async def every_open_order(self, symbol: str | None) -> tuple[Order, ...]:
        """Return what waits, all of it or an error: one that cannot be read is not taken for one that has ended."""
        return await self._open_orders(symbol, self.answer)

    # -- checks before sending

    async def _check_request(self, operation: str, request: OrderRequest) -> OrderRequest:
        """Return an order with a client id whose form and steps fit."""
        whole = check_form(self, operation, request)
        self._check_parameters(operation, whole)
        numbers = {name: getattr(whole, name) for name in ("quantity", "price", "trigger_price", "activation_price")}
        await self._check_steps(operation, whole.symbol, numbers)
        return whole

    def _check_parameters(self, operation: str, request: OrderRequest) -> None:
        """Refuse what the declared parameters would refuse, before anything else of a batch has left."""
        algo = self._book_of(request)
        endpoint: Endpoint[Any] = self.ORDERS.place if algo is None else algo.place
        form: Mapping[str, Any] = order_form(request) if algo is None else algo_form(request)
        for name in form:
            if name not in endpoint.by_name:
                raise self.refuse(f"{name} is not known here", operation=operation, subject=request.symbol)
        rate = request.callback_rate
        if rate is None:
            return
        low, high = endpoint.by_name["callbackRate"].minimum, endpoint.by_name["callbackRate"].maximum
        if is_number(rate) and (low is None or rate >= low) and (high is None or rate <= high):
            return
        words = f"callback_rate must be from {low} up to {high} percent, not {rate!r}"
        raise self.refuse(words, operation=operation, subject=request.symbol)

    def _book_of(self, request: OrderRequest) -> AlgoEndpoints | None:
        """Return the conditional book if that is where an order belongs, None for the plain one."""
        return self.ORDERS.algo if request.type.is_conditional else None

    def _had(self, endpoint: Endpoint[T] | None, operation: str, capability: type[Capability]) -> Endpoint[T]:
        """Return an endpoint; raises UnsupportedCapability with the venue's reason where it has none."""
        if endpoint is None:
            reason = self.venue.unsupported.get(capability, "the venue does not do it")
            raise UnsupportedCapability(reason, venue=self.venue.id, operation=operation)
        return endpoint

    async def _check_steps(self, operation: str, symbol: str, numbers: Mapping[str, Decimal | None]) -> None:
        """Refuse what keeps not the steps of its contract, and what is in none that is listed."""
        if await self._fitting_contract(operation, symbol, numbers) is None:
            raise unknown_symbol_error(self, self.CONTRACTS, symbol, operation=operation)


async def _failure(call: Awaitable[Any]) -> OperationError | None:
    try:
        await call
    except OperationError as error:
        return error
    return None


class BinanceOrderTest(BinanceOrders, OrderTestControl):
    """Have orders checked."""

    __slots__ = ()

    async def test_order(self, request: OrderRequest) -> None:
        """Return when the venue would take a plain order; it tests none of a conditional book."""
        whole = await self._check_request("test_order", request)
        if self._book_of(whole) is not None:
            words = "the venue tests limit and market orders only"
            raise self.refuse(words, operation="test_order", subject=whole.symbol)
        await self.call(self._had(self.ORDERS.test, "test_order", OrderTestControl), **order_form(whole))


def _nowhere(refused: OperationError) -> OperationError:
    """Return the refusal of an order that is in no book: it is not known; where an answer is missing, that stays so."""
    if not isinstance(refused, Rejected):
        return refused
    return NotFound(
        refused.message,
        venue=refused.venue,
        operation=refused.operation,
        subject=refused.subject,
        code=refused.code,
        status=refused.status,
        outcome=refused.outcome,
        client_id=refused.client_id,
        parameters=refused.parameters,
        sent_at=refused.sent_at,
        fence=refused.fence,
        reads=refused.reads,
    )
