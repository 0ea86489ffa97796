"""What refusals mean here: the same codes, but no answer of an overloaded server says that nothing was executed."""

from __future__ import annotations

from venuekit.faults import Fault, FaultRow, FaultTable
from venuekit_binance_usdm.faults import FAULTS as USDM_FAULTS

__all__ = ["FAULTS"]

_OVERLOADED = [row for row in USDM_FAULTS.rows if row.status == 503 or row.fault is Fault.OVERLOADED]

FAULTS = FaultTable(
    (
        *(row for row in USDM_FAULTS.rows if row not in _OVERLOADED),
        *(FaultRow(Fault.UNKNOWN_OUTCOME, code=row.code) for row in _OVERLOADED if row.status is None),
        FaultRow(Fault.UNKNOWN_OUTCOME, status=503),
    )
)
