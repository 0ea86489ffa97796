"""What refusals mean, as data: the rows of both products, and those of this one."""

from __future__ import annotations

from venuekit.plugin import Fault, FaultTable
from venuekit_binance_common.faults import SHARED_ROWS, fault_rows

__all__ = ["FAULTS"]

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
