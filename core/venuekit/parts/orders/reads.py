"""Order reads: the reads of one route, its rows, and how an order is named and found in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeAlias

import attrs

from venuekit.account import Account
from venuekit.capabilities import Order
from venuekit.endpoint import Endpoint
from venuekit.errors import NotFound, OperationError, UnsupportedCapability
from venuekit.faults import is_listed
from venuekit.message import Answer
from venuekit.order_scope import OrderName

#: a row of a venue about an order, or its acknowledgement: typed by the route's own functions alone
Row: TypeAlias = Any
#: reads a lookup with the parameters that name the order
Fetch: TypeAlias = Callable[["Lookup", Mapping[str, Any]], Awaitable[Sequence["ReadRow"]]]

#: the time of a row that has none
_EPOCH = datetime.fromtimestamp(0, UTC)


@attrs.frozen
class ReadRow:
    """One row of an answer, the venue's own object where it is kept, and when it was received."""

    row: Row
    raw: Any = None
    received_at: datetime | None = None


@attrs.frozen
class Shape:
    """Where a decoded answer holds its rows, and the same answer as plain JSON the venue's own objects."""

    rows: Callable[[Any], Sequence[Row]]
    raws: Callable[[Any], Sequence[Any]]

    def read(self, answer: Answer[Any]) -> list[ReadRow]:
        """Return the rows of an answer."""
        rows = self.rows(answer.value)
        raws = self.raws_of(answer.raw, len(rows))
        return [ReadRow(row, raw, answer.received_at) for row, raw in zip(rows, raws, strict=True)]

    def raws_of(self, raw: Any, count: int) -> Sequence[Any]:
        """Return the venue's own objects, ``count`` times None where they were not kept or are not as many."""
        raws = () if raw is None else self.raws(raw)
        return raws if len(raws) == count else (None,) * count


#: an answer that is one row, and one that is a list of them
ONE = Shape(lambda row: (row,), lambda raw: (raw,))
MANY = Shape(lambda rows: rows, lambda raw: raw)


@attrs.frozen(kw_only=True)
class BatchItem:
    """
    The result of one item of a batch: the row of an order that was taken, else code and words of the refusal.

    A refusal without a code has words and no row.
    ``absent`` means that the batch's answer was lost and this item is proven not to have been executed.
    """

    row: Row = None
    code: int | str | None = None
    message: str = ""
    absent: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether the venue refused the item."""
        return self.code is not None or (self.row is None and bool(self.message))


@attrs.frozen(kw_only=True)
class Lookup:
    """A read that may show an order; with ``lists`` it takes no name and lists all open orders of a symbol."""

    endpoint: Endpoint[Any]
    shape: Shape = ONE
    lists: bool = False


@attrs.frozen(kw_only=True)
class OrderNames:
    """
    The parameters by which requests name an order; it is placed under ``new_client_id``.

    With ``numbers`` the venue's own ids are whole numbers, and travel as such.
    """

    order_id: str
    client_id: str
    new_client_id: str
    symbol: str = "symbol"
    numbers: bool = False

    def parameters(self, endpoint: Endpoint[Any], name: OrderName) -> dict[str, Any]:
        """Return the parameters that name an order in a request: its symbol, where that is one, and one of its ids."""
        parameters = self.ids(name)
        if name.symbol is not None and self.symbol in endpoint.by_name:
            parameters[self.symbol] = name.symbol
        return parameters

    def ids(self, name: OrderName) -> dict[str, Any]:
        """Return the parameter that holds the id of an order."""
        if name.id is not None:
            return {self.order_id: int(name.id) if self.numbers else name.id}
        return {self.client_id: name.client_id}

    def name_in(self, parameters: Mapping[str, Any]) -> OrderName:
        """Return the order that a request, or an item of a batch, names."""
        order_id = parameters.get(self.order_id)
        client_id = parameters.get(self.client_id)
        return OrderName(parameters.get(self.symbol), None if order_id is None else str(order_id), client_id)


@attrs.frozen(kw_only=True)
class OrderRows:
    """
    The columns of a route's rows that finding and resolution read; by default a row is an ``Order``.

    Attributes:
        created_at: When the order came into being, by the venue's clock; None where the row does not have it.
        open_statuses: The statuses, in the venue's words, of orders that have not ended.
        fits: Whether the row can be the order that a request, given by its parameters, placed.
        terms: Everything that an amendment can change, comparable.
        is_amended: Whether the row has all that an amendment, given by its parameters, asked for.
        answer: Makes of a row the answer that a write would have had.
        of_event: Makes a row of the order of an event, so that events prove lost orders, and lost cancellations of
            them, before anything is read; None for an order of another route. None where rows are no orders.
    """

    symbol: Callable[[Row], str] = attrgetter("symbol")
    order_id: Callable[[Row], int | str] = attrgetter("id")
    client_id: Callable[[Row], str | None] = attrgetter("client_id")
    created_at: Callable[[Row], datetime | None] = attrgetter("created_at")
    status: Callable[[Row], str | None] = attrgetter("venue_status")
    open_statuses: Collection[str]
    fits: Callable[[Row, Mapping[str, Any]], bool]
    terms: Callable[[Row], Hashable] | None = None
    is_amended: Callable[[Row, Mapping[str, Any]], bool] | None = None
    answer: Callable[[Row], Any] = lambda row: row
    of_event: Callable[[Order], Row | None] | None = None

    def has_ended(self, row: Row) -> bool:
        """Say whether an order has ended; a status that is not known has."""
        return self.status(row) not in self.open_statuses


@attrs.frozen
class Search:
    """The rows that a search saw, and the failure of a read that the venue may not have."""

    found: Sequence[ReadRow]
    unread: OperationError | None = None


async def read_list(
    account: Account, lookup: Lookup, parameters: Mapping[str, Any], skip_odd: bool
) -> Sequence[ReadRow]:
    """Return the rows of a list that is one answer; with ``skip_odd`` without those that cannot be read."""
    read = account.answer_rows if skip_odd else account.answer
    return lookup.shape.read(await read(lookup.endpoint, **parameters))


@attrs.frozen(kw_only=True)
class OrderReads:
    """
    The reads of one route, and how they name an order.

    Attributes:
        one: The reads that show an order, open or not, the first that has it wins.
        open_one: The reads that show an open order.
        placed: The reads in which an order is looked for whose placing had no answer.
        open_orders: The list of open orders; ``open_parameters`` are sent with it, and ``read_open`` reads all of it.
        history: The list of all orders, open or not.
        constants: Parameters of every request of the route.
        no_such_order: The codes by which a query of no order is refused; others list nothing.
        ids_are_reused: Whether several orders may have had one client id: then all of ``placed`` is read.
    """

    names: OrderNames
    rows: OrderRows
    one: tuple[Lookup, ...]
    open_one: tuple[Lookup, ...]
    placed: tuple[Lookup, ...]
    open_orders: Lookup
    history: Lookup
    open_parameters: Mapping[str, Any] = attrs.field(factory=dict)
    read_open: Callable[[Account, Lookup, Mapping[str, Any], bool], Awaitable[Sequence[ReadRow]]] = read_list
    constants: Mapping[str, Any] = attrs.field(factory=dict)
    no_such_order: Collection[int | str] = ()
    ids_are_reused: bool = True

    def name_parameters(self, endpoint: Endpoint[Any], name: OrderName) -> dict[str, Any]:
        """Return the parameters of a request about one order."""
        return {**self.constants, **self.names.parameters(endpoint, name)}

    async def find(
        self,
        fetch: Fetch,
        name: OrderName,
        lookups: Sequence[Lookup],
        *,
        to_the_end: bool = False,
        lenient: bool = False,
    ) -> Search:
        """
        Return the rows of an order from the first of the reads that has any, or ``to_the_end`` from all of them.

        A read that the venue may not have is passed over where it is missing, ``lenient`` also where it fails.

        Raises:
            OperationError: another read failed.
        """
        found: list[ReadRow] = []
        unread: OperationError | None = None
        for lookup in lookups:
            try:
                rows = await fetch(lookup, self._query(lookup, name))
            except NotFound as error:
                if not is_listed(self.no_such_order, error.code, error.message):
                    raise
                continue
            except OperationError as error:
                if not lookup.endpoint.may_be_absent or not (lenient or isinstance(error, UnsupportedCapability)):
                    raise
                unread = error
                continue
            found += [one for one in rows if self._is(one.row, name, lookup)]
            if found and not to_the_end:
                break
        return Search(found, unread)

    def newest(self, rows: Sequence[ReadRow]) -> ReadRow | None:
        """Return the row of the order that came into being last, None for none."""
        if len(rows) < 2:
            return rows[0] if rows else None
        return max(rows, key=lambda one: self.rows.created_at(one.row) or _EPOCH)

    def _query(self, lookup: Lookup, name: OrderName) -> dict[str, Any]:
        if not lookup.lists:
            return self.name_parameters(lookup.endpoint, name)
        symbol = {} if name.symbol is None else {self.names.symbol: name.symbol}
        return {**self.constants, **self.open_parameters, **symbol}

    def _is(self, row: Row, name: OrderName, lookup: Lookup) -> bool:
        """Say whether a row is that of an order; the parts of its name that were sent, echoes have compared."""
        was_sent = self.names.symbol in lookup.endpoint.by_name
        if not was_sent and name.symbol not in {None, self.rows.symbol(row)}:
            return False
        if not lookup.lists:
            return True
        if name.id is not None:
            return str(self.rows.order_id(row)) == name.id
        return self.rows.client_id(row) == name.client_id
