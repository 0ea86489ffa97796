"""What refusals mean, as data: the rows of both products, and those of this one."""

from __future__ import annotations

from venuekit.plugin import Fault, FaultTable
from venuekit_binance_common.faults import SHARED_ROWS, fault_rows

__all__ = ["FAULTS"]

#: the same numbers can mean something else on the USD-margined product
_OWN_ROWS = (
    *fault_rows(Fault.CLOCK, (-4188,)),
    *fault_rows(Fault.PERMISSION, (-4089, -4090, -4194, -4195, -4200, -4201)),
    *fault_rows(Fault.INVALID, (-4087, -4088, -4178)),
    *fault_rows(Fault.REJECTED, (-4112, -4113, -4150, -4196, -4197, -4198, -4199)),
    *fault_rows(Fault.REJECTED, (-4202,)),  # the symbol allows less leverage under the position limit service
)

FAULTS = FaultTable((*SHARED_ROWS, *_OWN_ROWS))
