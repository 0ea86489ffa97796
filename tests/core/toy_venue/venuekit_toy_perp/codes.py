"""The venue's error codes, and their meaning for the client."""

from __future__ import annotations

import enum

from venuekit.plugin import Fault, FaultRow, FaultTable


class Code(enum.IntEnum):
    """Codes of refusals."""

    NO_SUCH_ROUTE = 1000
    UNKNOWN_KEY = 1001
    BAD_SIGNATURE = 1002
    OUTSIDE_WINDOW = 1003
    READ_ONLY_KEY = 1004
    TOO_MANY_REQUESTS = 1005
    BAD_PARAMETER = 1006
    UNKNOWN_CONTRACT = 1007
    NOTHING_TO_CHANGE = 2001
    LEVERAGE_ABOVE_TIER = 2002
    LEVERAGE_TOO_LOW = 2003
    OPEN_ORDERS = 2004
    OPEN_POSITION = 2005
    NOT_ISOLATED = 2006
    NO_POSITION = 2007
    NOT_ENOUGH_MARGIN = 2008
    #: the venue may have meant an earlier attempt of the same request
    SEEN_BEFORE = 2009
    REFUSED = 2999
    EXECUTION_NOT_KNOWN = 3001
    BUSY = 3002
    MAINTENANCE = 3003


FAULTS = FaultTable(
    (
        FaultRow(Fault.AUTHENTICATION, Code.UNKNOWN_KEY),
        FaultRow(Fault.AUTHENTICATION, Code.BAD_SIGNATURE),
        FaultRow(Fault.CLOCK, Code.OUTSIDE_WINDOW),
        FaultRow(Fault.PERMISSION, Code.READ_ONLY_KEY),
        FaultRow(Fault.THROTTLED, Code.TOO_MANY_REQUESTS),
        FaultRow(Fault.INVALID, Code.BAD_PARAMETER),
        FaultRow(Fault.INVALID, Code.UNKNOWN_CONTRACT),
        FaultRow(Fault.NOT_FOUND, Code.NO_SUCH_ROUTE),
        FaultRow(Fault.UNKNOWN_OUTCOME, Code.EXECUTION_NOT_KNOWN),
        FaultRow(Fault.OVERLOADED, Code.BUSY),
        FaultRow(Fault.UNAVAILABLE, Code.MAINTENANCE),
    )
)
