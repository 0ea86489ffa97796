"""The meaning of Bybit's return codes, as data."""

from __future__ import annotations

from venuekit.plugin import Fault, FaultRow, FaultTable

#: refusals that may name a step, a tick or a limit of an instrument: the venue has one code for wrong arguments
OUTDATED_BY = frozenset({10001, 110003, 110017})


#: one code for all of it
_KEY_OR_PLACE = (
    "one of: the key is unknown, it was deleted or has expired, or it belongs to another environment (live, testnet "
    "and demo have keys of their own) or regional site"
)


def _rows(fault: Fault, *codes: int) -> tuple[FaultRow, ...]:
    return tuple(FaultRow(fault, code=code) for code in codes)


FAULTS = FaultTable(
    (
        *_rows(Fault.CLOCK, 10002, -1),
        *_rows(Fault.THROTTLED, 10006, 10429, 10403, 170222),
        # 10018 is struck out in the documentation, and still known to clients as the address limit.
        *_rows(Fault.BANNED, 10018),
        # An order that is being processed: try later; it was not taken.
        *_rows(Fault.OVERLOADED, 110079),
        # Time-outs, overload and "duplicate request": a copy may have been executed.
        *_rows(Fault.UNKNOWN_OUTCOME, 10000, 10014, 10016),
        *_rows(Fault.OVERLOADED_UNKNOWN, 429, 3400214, 131230),
        # The order was modified while this amendment was being carried out: its state has to be looked at.
        *_rows(Fault.UNKNOWN_OUTCOME, 40004),
        *_rows(Fault.UNKNOWN_OUTCOME, 131200, 131201, 131003, 131216),
        FaultRow(Fault.AUTHENTICATION, code=10003, mend=_KEY_OR_PLACE),
        *_rows(Fault.AUTHENTICATION, 10004, 10007, 33004, -2015),
        *_rows(Fault.PERMISSION, 10005, 10008, 10009, 10010, 10024, 10027, 110066, 110132),
        *_rows(Fault.INVALID, 10001, 10017, 10029, 110074),
        *_rows(Fault.NOT_FOUND, 110001, 110008, 110010),
        # "Demo trading are not supported.": the demo service does not have this endpoint.
        *_rows(Fault.UNSUPPORTED, 10032),
        # Operations that this kind of account lacks.
        *_rows(Fault.REJECTED, 10028, 100028, 110029, 110067, 110077, 110088, 110102, 3405112),
        # "Not modified": a success where an endpoint lists the code, a refusal anywhere else.
        *_rows(Fault.REJECTED, 34040, 110025, 110026, 110027, 110043, 110072, 110075, 131214),
        # Balance and margin.
        *_rows(Fault.REJECTED, 110004, 110007, 110012, 110014, 110044, 110045, 110047),
        # Leverage, risk tiers, margin mode, collateral.
        *_rows(Fault.REJECTED, 110013, 110031, 110036, 110038, 110048, 110085, 110086, 110087, 110089, 110090),
        *_rows(Fault.REJECTED, 110015, 110073, 110076, 110101, 3200419, 3200425, 3200641, 3400045, 3400139, 3401010),
        # Nothing (left) to reduce; only reducing before delivery; settlement in progress. The last one passes, yet no
        # document says that the order was not taken, or for how long: an order must not be sent again on that.
        *_rows(Fault.REJECTED, 110017, 110042, 110063),
        # Positions and orders in the way.
        *_rows(Fault.REJECTED, 110011, 110024, 110028, 110033, 110034, 110039, 110040, 110046, 110078),
        # More than 10 conditional or 500 active orders of a symbol.
        *_rows(Fault.REJECTED, 110009, 110020),
        *_rows(Fault.REJECTED, 110054, 110055, 110056, 110060, 110061),
    )
)
