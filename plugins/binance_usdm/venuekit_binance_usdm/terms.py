"""Terms of this product, as data: the meaning of its refusals, the reach of its histories, and its orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from venuekit.capabilities import TimeInForce, Unit
from venuekit.parts.histories import Retention
from venuekit.plugin import Fault, FaultTable
from venuekit_binance_common.faults import SHARED_ROWS, fault_rows
from venuekit_binance_common.orders.rows import Size
from venuekit_binance_common.orders.terms import (
    BOTH_POOLS,
    ConditionalBook,
    OrderTerms,
    order_behaviour,
    switch_behaviour,
)

#: the same numbers can mean something else on the coin-margined product
_OWN_ROWS = (
    *fault_rows(Fault.CLOCK, (-5028,)),
    *fault_rows(Fault.AUTHENTICATION, (-1099, -2017)),
    *fault_rows(Fault.PERMISSION, (-4087, -4088, -4109, -4202, -4203, -4205, -4206)),
    *fault_rows(Fault.PERMISSION, (-4400, -4401, -4402, -4403)),
    *fault_rows(Fault.INVALID, (-4144, -4164, -4165)),
    *fault_rows(Fault.INVALID, (-5000, -5037, -5038, -5039, -5040, -5041)),
    *fault_rows(Fault.REJECTED, (-1122, -2012, -4116, -4117, -4118, -4131, -4140, -4141, -4161)),
    # the symbol allows less leverage, in general or under the position limit service
    *fault_rows(Fault.REJECTED, (-4208, -4209)),
    *fault_rows(Fault.REJECTED, (-4408,)),  # the symbol is in reduce-only mode
    *fault_rows(Fault.REJECTED, (-4167, -4168, -4169, -4170, -4171, -4172)),
    *fault_rows(Fault.REJECTED, (-5021, -5022, -5024, -5025, -5026, -5027, -5043, -5047)),
)

FAULTS = FaultTable((*SHARED_ROWS, *_OWN_ROWS))


#: a minute less than documented, so that a span is not too old when its request arrives
_GRACE = timedelta(minutes=1)

INCOME_RETENTION = Retention(age=timedelta(days=90) - _GRACE, words="income of the last three months (90 days)")
MARGIN_RETENTION = Retention(age=timedelta(days=30) - _GRACE, words="margin changes of the last 30 days")


_COUNTDOWN = "Cancels the plain orders of a symbol; it is not known to cover conditional orders."

#: a contract is one unit of the base asset
ORDER_SIZE = Size(Decimal(1), Unit.BASE)

ORDER_TERMS = OrderTerms(
    root="/fapi/v1",
    pools=BOTH_POOLS,
    conditional=ConditionalBook.QUERIED,
    sizes_in_base=True,
    most_callback=Decimal(20),
    unchanged=-5027,
    has_test=True,
    checks_reducing=True,
    socket_methods=dict.fromkeys(
        (
            *("order.place", "order.modify", "order.cancel", "order.status"),
            *("algoOrder.place", "algoOrder.cancel"),
        )
    ),
    countdown_note=_COUNTDOWN,
)

ORDER_BEHAVIOUR = order_behaviour(more_times=frozenset({TimeInForce.GTD, TimeInForce.RPI}), countdown=_COUNTDOWN)
SWITCH_BEHAVIOUR = switch_behaviour(_COUNTDOWN)
