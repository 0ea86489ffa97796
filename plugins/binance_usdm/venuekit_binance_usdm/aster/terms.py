"""Terms of this venue, as data: the meaning of its refusals, and its orders in one book."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.plugin import Fault, FaultRow, FaultTable
from venuekit_binance_common.orders.terms import (
    EACH_BY_THE_MINUTE,
    ConditionalBook,
    OrderTerms,
    order_behaviour,
    switch_behaviour,
)
from venuekit_binance_usdm.terms import FAULTS as USDM_FAULTS

#: milliseconds before and after the venue's time in which a nonce is valid. Its documentation has said 60 seconds since
#: 2026-07-16, and 10 seconds in its example still: a lost request is waited for as long as the longer of both allows
NONCE_WINDOW = 60_000

_OVERLOADED = [row for row in USDM_FAULTS.rows if row.status == 503 or row.fault is Fault.OVERLOADED]
#: here there is one product, and no portfolio margin
_MENDS = {
    -2015: (
        "one of: the key is unknown or belongs to another environment, this address is not on its list, or it lacks "
        "the permission (futures, reading or trading)"
    )
}

V1_FAULTS = FaultTable(
    (
        *(
            attrs.evolve(row, mend=_MENDS.get(row.code, "") if isinstance(row.code, int) else "")
            for row in USDM_FAULTS.rows
            if row not in _OVERLOADED
        ),
        *(FaultRow(Fault.UNKNOWN_OUTCOME, code=row.code) for row in _OVERLOADED if row.status is None),
        FaultRow(Fault.UNKNOWN_OUTCOME, status=503),
    )
)

_WALLET = (
    "one of: the user has not approved the signer, the approval has ended, this address is not on its list, or it "
    "lacks the permission (perpetuals)"
)
FAULTS = FaultTable(
    (
        # used before, too old, or below the hundred that the venue remembers of a signer
        FaultRow(Fault.CLOCK, code=-4225),
        FaultRow(Fault.AUTHENTICATION, code=-1000, prefix="Signature check failed", mend=_WALLET),
        FaultRow(Fault.PERMISSION, code=-5050, mend="deposit something into the user's account first"),
        *(row if row.code != -2015 else attrs.evolve(row, mend=_WALLET) for row in V1_FAULTS.rows),
    )
)


NO_ACCOUNT_MODE = "the venue documents one kind of account, and no mode to read or change"
NO_AMENDMENT = (
    "amendments are not offered, since the venue does not document its answer to one that changes nothing: cancel the "
    "order and place another one"
)
V1_NO_AMENDMENT = "the venue documents no amendment of orders: cancel the order and place another one"
NO_ORDER_TEST = "the venue documents no order test"
_COUNTDOWN = "Cancels every open order of a symbol, conditional ones too: they are in the same book."

ORDER_TERMS = OrderTerms(
    root="/fapi/v3",
    pools=EACH_BY_THE_MINUTE,
    conditional=ConditionalBook.PLAIN,
    sizes_in_base=True,
    most_callback=Decimal(5),
    unchanged=None,
    has_test=False,
    weight=1,
    times=frozenset({"GTC", "IOC", "FOK", "GTX", "HIDDEN"}),
    matches=False,
    unfilled_days=7,
    keeps_90_days=False,
    commission_sign=1,
    lists_every_symbol=False,
    trades_by_order=False,
    countdown_note=_COUNTDOWN,
)
V1_ORDER_TERMS = attrs.evolve(ORDER_TERMS, root="/fapi/v1")

ORDER_BEHAVIOUR = order_behaviour(amend_batch=0, duplicate=None, countdown=_COUNTDOWN, max_conditional_orders=None)
SWITCH_BEHAVIOUR = switch_behaviour(_COUNTDOWN)
