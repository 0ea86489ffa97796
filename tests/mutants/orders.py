"""Mutants of orders: their terms, states, changes and refusals."""

from __future__ import annotations

from functools import partial

from tests.mutants.harness import Mutant

_swap = partial(Mutant, of="toy_swap")
_chain = partial(Mutant, of="toy_chain")
_usdm = partial(Mutant, of="binance_usdm", package="venuekit_binance_common")
_bybit = partial(Mutant, of="bybit_inverse")

_PLACED = "test_order_is_placed_as_requested"
_TERM = "test_order_has_a_term_or_is_refused"
_STATE = "test_order_is_read_in_each_state"
_BATCH = "test_batch_has_each_result_in_its_place"

#: an order that reaches the venue with other terms than were asked for
_REQUESTS = (
    _swap(
        name="an order to buy sells, and is read as one to buy",
        kind="terms of an order",
        file="rows.py",
        old='SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}',
        new='SIDES = {"sell": OrderSide.BUY, "buy": OrderSide.SELL}',
        caught_by=_PLACED,
    ),
    _swap(
        name="reduce-only is not sent",
        kind="terms of an order",
        file="orders.py",
        old='        "reduce_only": request.reduce_only or None,\n',
        new="",
        caught_by=_TERM,
    ),
    _swap(
        name="an expiry is dropped in silence",
        kind="terms of an order",
        file="orders.py",
        old='    "expires_at": "orders do not expire here",\n',
        new="",
        caught_by=_TERM,
    ),
    _chain(
        name="reduce-only is dropped where the venue has none",
        kind="terms of an order",
        file="orders.py",
        old='    "reduce_only": "orders cannot be reduce-only here",\n',
        new="",
        caught_by=_TERM,
    ),
    _chain(
        name="the price of an order is rounded to whole numbers",
        kind="terms of an order",
        file="orders.py",
        old='        "price": request.price,\n',
        new='        "price": None if request.price is None else request.price.quantize(Decimal(1)) + 1,\n',
        caught_by=_PLACED,
    ),
    _chain(
        name="every order has one client id",
        kind="client ids",
        file="orders.py",
        old='"cloid": request.client_id,',
        new='"cloid": str(request.client_id)[:3],',
        caught_by="test_made_up_client_ids_differ",
    ),
    _usdm(
        name="fill-or-kill is sent as immediate-or-cancel",
        kind="terms of an order",
        file="enums.py",
        old='TimeInForce.FOK: "FOK"',
        new='TimeInForce.FOK: "IOC"',
        caught_by="test_order_has_its_time_in_force",
    ),
    _usdm(
        name="a callback rate in percent is sent as a fraction of one",
        kind="terms of an order",
        file="orders/form.py",
        old='form["callbackRate"] = request.callback_rate',
        new='form["callbackRate"] = request.callback_rate / 10',
        caught_by=_PLACED,
    ),
    _usdm(
        name="a leg of hedge mode is not named",
        kind="terms of an order",
        file="orders/form.py",
        old="PositionSide(leg).name",
        new="PositionSide.LONG.name",
        caught_by="test_order_of_a_leg",
    ),
    _usdm(
        name="price and trigger price change places",
        kind="terms of an order",
        file="orders/form.py",
        old="        form[trigger_price] = request.trigger_price\n",
        new="        form[trigger_price] = request.trigger_price if request.price is None else request.price\n",
        caught_by=_PLACED,
    ),
    _bybit(
        name="a stop is triggered from the wrong side",
        kind="terms of an order",
        file="order_form.py",
        old="rises = (request.side is OrderSide.BUY) is not (request.type in _PROFITS)",
        new="rises = (request.side is OrderSide.BUY) is (request.type in _PROFITS)",
        caught_by=_PLACED,
    ),
)

#: an order that is read as another one than the venue has
_READS = (
    _swap(
        name="filled and cancelled change places",
        kind="states of an order",
        file="rows.py",
        old='"done": OrderStatus.FILLED,\n    "gone": OrderStatus.CANCELED,',
        new='"gone": OrderStatus.FILLED,\n    "done": OrderStatus.CANCELED,',
        caught_by=_STATE,
    ),
    _swap(
        name="the filled quantity is that of the order",
        kind="states of an order",
        file="rows.py",
        old='filled=number("filled"),',
        new='filled=number("size"),',
        caught_by=_STATE,
    ),
    _swap(
        name="the mean price is the price of the order",
        kind="states of an order",
        file="rows.py",
        old='average_price=number("mean", may_be_blank=True),',
        new='average_price=number("price", may_be_blank=True),',
        caught_by=_STATE,
    ),
    _swap(
        name="an order's commission is paid when it is received",
        kind="states of an order",
        file="rows.py",
        old='commission=minor("fee", PLACES),',
        new='commission=derived(lambda fee: -fee, minor("fee", PLACES)),',
        caught_by=_STATE,
    ),
    _swap(
        name="an order's value is a count of satoshi",
        kind="states of an order",
        file="rows.py",
        old='filled_value=minor("value", PLACES),',
        new='filled_value=minor("value", 0),',
        caught_by=_STATE,
    ),
    _swap(
        name="an order was placed when it was last changed",
        kind="states of an order",
        file="rows.py",
        old='created_at=iso("created"),\n        updated_at=iso("updated", may_be_blank=True),',
        new='created_at=iso("updated"),\n        updated_at=iso("created", may_be_blank=True),',
        caught_by=_STATE,
    ),
    _chain(
        name="the filled quantity is the open one",
        kind="states of an order",
        file="orders.py",
        old="filled=row.done,",
        new="filled=row.size - row.done,",
        caught_by=_STATE,
    ),
    _usdm(
        name="a triggered order does not name its successor",
        kind="states of an order",
        file="orders/rows.py",
        old='lambda name: None if name == "0" else name, identifier("actualOrderId", may_be_blank=True)',
        new='lambda name: None, identifier("actualOrderId", may_be_blank=True)',
        caught_by=_STATE,
    ),
    _bybit(
        name="a cancelled order is still open",
        kind="states of an order",
        file="order_rows.py",
        old='"Cancelled": OrderStatus.CANCELED,',
        new='"Cancelled": OrderStatus.OPEN,',
        caught_by=_STATE,
    ),
)

_CANCEL_EVERYTHING = '''    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Cancel all orders."""
        for row in await self.read_once(CHAIN.MARKETS):
            await self.call(CHAIN.CANCEL_ORDERS, market=row.market)
        return ()

    def iter_orders(
'''

_OPEN_ORDERS_OF_ALL = '''    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return the open orders."""
        return await super().get_open_orders()

    def iter_orders(
'''

#: a change of more orders than were named, or of others
_CHANGES = (
    _chain(
        name="the open orders of a symbol are those of all",
        kind="states of an order",
        file="orders.py",
        old="    def iter_orders(\n",
        new=_OPEN_ORDERS_OF_ALL,
        caught_by=_STATE,
    ),
    _chain(
        name="cancelling the orders of a symbol ends those of all",
        kind="changes of orders",
        file="orders.py",
        old="    def iter_orders(\n",
        new=_CANCEL_EVERYTHING,
        caught_by="test_cancel_all_ends_the_orders_of_its_scope",
    ),
    _swap(
        name="cancelling an order that has ended is an error",
        kind="changes of orders",
        file="orders.py",
        old="            unknown_order={NOT_OPEN, NO_ORDER},\n",
        new="",
        caught_by="test_cancelled_too_late",
    ),
    _chain(
        name="cancelling an order returns it as it was before",
        kind="changes of orders",
        file="orders.py",
        old="    def iter_orders(\n",
        new='''    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_id: str | None = None
    ) -> Order:
        """Cancel an order."""
        order = await self.get_order(symbol, order_id=order_id, client_id=client_id)
        await super().cancel_order(symbol, order_id=order_id, client_id=client_id)
        return order

    def iter_orders(
''',
        caught_by="test_cancel_ends_that_order",
    ),
    _chain(
        name="an unknown order is merely rejected",
        kind="refusals of orders",
        file="venue.py",
        old='FaultRow(Fault.NOT_FOUND, "unknown_order"),',
        new='FaultRow(Fault.REJECTED, "unknown_order"),',
        caught_by="test_unknown_order_is_not_found",
    ),
    _usdm(
        name="an amended quantity is added to the present one",
        kind="changes of orders",
        file="orders/routes.py",
        old='numbers = {"quantity": amendment.quantity, "price": amendment.price}',
        new='numbers = {"quantity": (amendment.quantity or 0) * 2, "price": amendment.price}',
        caught_by="test_amendment_changes_the_named_terms",
    ),
    _usdm(
        name="the refused items of a batch come last",
        kind="changes of orders",
        file="orders/rows.py",
        old="""        return tuple(
            BatchItem(row=self.order.read_one(bytes(row))) if item.code is None else item
            for item, row in zip(items, rows_at(body, ()), strict=True)
        )""",
        new="""        read = tuple(
            BatchItem(row=self.order.read_one(bytes(row))) if item.code is None else item
            for item, row in zip(items, rows_at(body, ()), strict=True)
        )
        return tuple(sorted(read, key=lambda item: item.code is not None))""",
        caught_by=_BATCH,
    ),
    _bybit(
        name="refused items of a batch pass for orders",
        kind="changes of orders",
        file="order_rows.py",
        old="BatchItem(row=ack, code=verdict.code or None, message=verdict.msg)",
        new="BatchItem(row=ack, code=None, message=verdict.msg)",
        caught_by=_BATCH,
    ),
)

_REFUSALS = (
    _swap(
        name="too little margin is an invalid request",
        kind="refusals of orders",
        file="refusals.py",
        old='FaultRow(Fault.INVALID, prefix="Parameter "),',
        new='FaultRow(Fault.INVALID, prefix="Parameter "), FaultRow(Fault.INVALID, prefix="Margin "),',
        caught_by="test_refused_order_keeps_its_meaning",
    ),
    _chain(
        name="an order whose client id is taken was not found",
        kind="refusals of orders",
        file="venue.py",
        old='FaultRow(Fault.REJECTED, "duplicate"),',
        new='FaultRow(Fault.NOT_FOUND, "duplicate"),',
        caught_by="test_refused_order_keeps_its_meaning",
    ),
    _chain(
        name="the steps of a contract are not checked",
        kind="refusals of orders",
        file="orders.py",
        old="            return OrderSteps(row.lot, row.tick)\n",
        new="            return OrderSteps(None, None)\n",
        caught_by="test_refused_order_keeps_its_meaning",
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_REQUESTS, *_READS, *_CHANGES, *_REFUSALS)
