"""What refusals mean, as data; rows of both futures products first, those of this one after them."""

from __future__ import annotations

from collections.abc import Iterable

from venuekit.faults import Fault, FaultRow, FaultTable
from venuekit_binance_usdm.answers import MAINTENANCE

__all__ = ["FAULTS"]


def _codes(fault: Fault, codes: Iterable[int]) -> tuple[FaultRow, ...]:
    return tuple(FaultRow(fault, code=code) for code in codes)


#: refusals whose meaning hangs on status or words
_BY_STATUS_AND_WORDS = (
    FaultRow(Fault.BANNED, code=-1003, status=418),
    FaultRow(Fault.BANNED, status=418),
    FaultRow(Fault.THROTTLED, status=429),
    FaultRow(Fault.OVERLOADED, status=503, message="Service Unavailable."),
    FaultRow(Fault.UNKNOWN_OUTCOME, status=503, message="Unknown error, please check your request or try again later."),
    FaultRow(Fault.UNAVAILABLE, code=-1109, status=503),  # seen in maintenance; "Invalid account." otherwise
    FaultRow(Fault.UNAVAILABLE, code=MAINTENANCE),
)

_BOTH_PRODUCTS = (
    *_codes(Fault.CLOCK, (-1021,)),
    *_codes(Fault.THROTTLED, (-1003, -1015)),
    *_codes(Fault.OVERLOADED, (-1001,)),
    *_codes(Fault.UNAVAILABLE, (-1016,)),
    # -1008 is documented as refused, but an order was once found executed behind it
    *_codes(Fault.UNKNOWN_OUTCOME, (-1000, -1006, -1007, -1008, -4083)),
    *_codes(Fault.AUTHENTICATION, (-1022, -1099, -2014, -2015, -2017, -4056, -4057)),
    *_codes(Fault.PERMISSION, (-1002, -1011, -4192)),
    *_codes(Fault.INVALID, (-1013, -1014, -1023, -1108, -1109, -1111, -1115, -1116, -1117, -1121)),
    *_codes(Fault.INVALID, (-1100, -1101, -1102, -1103, -1104, -1105, -1106)),
    *_codes(Fault.INVALID, (-1127, -1128, -1130, -1136)),
    *_codes(Fault.INVALID, (-4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4028)),
    *_codes(Fault.INVALID, (-4055, -4060, -4061, -4062, -4082, -4104, -4120)),
    *_codes(Fault.NOT_FOUND, (-1125, -2013)),
    *_codes(
        Fault.REJECTED, (-1010, -1020, -2010, -2011, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026)
    ),
    *_codes(Fault.REJECTED, (-2027, -2028, -4046, -4047, -4048, -4049, -4050, -4051, -4052, -4053, -4054, -4059)),
    *_codes(Fault.REJECTED, (-4067, -4068, -4084, -4531)),
)

#: the same numbers can mean something else on the coin-margined product
_THIS_PRODUCT = (
    *_codes(Fault.CLOCK, (-5028,)),
    *_codes(Fault.PERMISSION, (-4087, -4088, -4109, -4202, -4203, -4205, -4206, -4208, -4209)),
    *_codes(Fault.PERMISSION, (-4400, -4401, -4402, -4403)),
    *_codes(Fault.INVALID, (-4135, -4137, -4138, -4139, -4142, -4144, -4164, -4165)),
    *_codes(Fault.INVALID, (-5000, -5037, -5038, -5039, -5040, -5041)),
    *_codes(Fault.REJECTED, (-1122, -2012, -4116, -4117, -4118, -4131, -4140, -4141, -4161)),
    *_codes(Fault.REJECTED, (-4167, -4168, -4169, -4170, -4171, -4172)),
    *_codes(Fault.REJECTED, (-5021, -5022, -5024, -5025, -5026, -5027, -5043)),
)

FAULTS = FaultTable((*_BY_STATUS_AND_WORDS, *_BOTH_PRODUCTS, *_THIS_PRODUCT))
