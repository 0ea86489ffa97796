"""Terms of this product, as data: the meaning of its refusals, the reach of its histories, and its orders."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from venuekit.capabilities import Unit
from venuekit.parts.histories import Retention
from venuekit.plugin import Fault, FaultTable, Parameter
from venuekit_binance_common.faults import SHARED_ROWS, fault_rows
from venuekit_binance_common.orders.rows import Size
from venuekit_binance_common.orders.terms import (
    MINUTE_POOL,
    ConditionalBook,
    OrderTerms,
    order_behaviour,
    switch_behaviour,
)

#: the same numbers can mean something else on the USD-margined product
_OWN_ROWS = (
    *fault_rows(Fault.CLOCK, (-4188,)),
    *fault_rows(Fault.PERMISSION, (-4089, -4090, -4194, -4195, -4200, -4201)),
    *fault_rows(Fault.INVALID, (-4087, -4088, -4178)),
    *fault_rows(Fault.REJECTED, (-4112, -4113, -4150, -4196, -4197, -4198, -4199)),
    *fault_rows(Fault.REJECTED, (-4202,)),  # the symbol allows less leverage under the position limit service
)

FAULTS = FaultTable((*SHARED_ROWS, *_OWN_ROWS))


#: no end is documented: everything since the product opened
RETENTION = Retention(since=datetime(2020, 8, 10, tzinfo=UTC), words="the product opened on 2020-08-10")


NO_ORDER_TEST = "the venue documents no order test for COIN-M futures"
_COUNTDOWN = "Cancels the plain orders of a symbol; it is not known to cover conditional orders."

#: a contract is some of the quote asset, its size depends on the symbol
ORDER_SIZE = Size(None, Unit.QUOTE)

ORDER_TERMS = OrderTerms(
    root="/dapi/v1",
    pools=MINUTE_POOL,
    conditional=ConditionalBook.REPORTED,
    sizes_in_base=False,
    most_callback=Decimal(10),
    unchanged=-4197,
    has_test=False,
    times=frozenset({"GTC", "IOC", "FOK", "GTX"}),
    socket_methods={"order.place": None, "order.modify": 1, "order.cancel": None, "order.status": None},
    more=(Parameter("pair"),),
    countdown_note=_COUNTDOWN,
)

ORDER_BEHAVIOUR = order_behaviour(countdown=_COUNTDOWN)
SWITCH_BEHAVIOUR = switch_behaviour(_COUNTDOWN)
