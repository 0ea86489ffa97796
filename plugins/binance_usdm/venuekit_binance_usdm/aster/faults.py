"""What refusals mean here: the same codes, but no answer of an overloaded server says that nothing was executed."""

from __future__ import annotations

import attrs

from venuekit.plugin import Fault, FaultRow, FaultTable
from venuekit_binance_usdm.faults import FAULTS as USDM_FAULTS

__all__ = ["FAULTS"]

_OVERLOADED = [row for row in USDM_FAULTS.rows if row.status == 503 or row.fault is Fault.OVERLOADED]
#: here there is one product, and no portfolio margin
_MENDS = {
    -2015: (
        "one of: the key is unknown or belongs to another environment, this address is not on its list, or it lacks "
        "the permission (futures, reading or trading)"
    )
}

FAULTS = FaultTable(
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
