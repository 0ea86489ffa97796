"""Endpoints of disconnection protection (DCP), which cancels orders when a private stream is gone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from venuekit.capabilities import DeadManControl
from venuekit.parts.columns import text, whole
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Reads
from venuekit.plugin import (
    Area,
    Call,
    Changing,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Reading,
    WriteScope,
    read_json,
)
from venuekit_bybit_inverse.limits import cost

#: the product that inverse contracts belong to, with all other perpetuals and futures
PRODUCT = "DERIVATIVES"
#: the product of a request that names none
_USUAL_PRODUCT = "OPTIONS"


@attrs.frozen
class WindowRow:
    """The time window of a product, in seconds."""

    product: str
    status: str
    seconds: int


_WINDOWS = Reads(
    WindowRow,
    within=("result", "dcpInfos"),
    product=text("product"),
    status=text("dcpStatus"),
    seconds=whole("timeWindow"),
)


def find_window(rows: Sequence[WindowRow], product: str = PRODUCT) -> int | None:
    """Return the window of a product in seconds, None where the venue has not switched it on for the account."""
    return next((row.seconds for row in rows if row.product == product and row.status == "ON"), None)


async def _read_window(call: Call, lost: Lost) -> Reading[None]:
    rows = await call(ProtectionEndpoints.PROTECTION)
    present = find_window(rows, lost.parameters.get("product", _USUAL_PRODUCT))
    return Reading(value=present, holds=present == int(lost.parameters["timeWindow"]))


def _decode_acceptance(body: bytes) -> None:
    """Read an answer whose envelope has no result; ``ValueError`` where it is not JSON."""
    read_json(body)


def _is_harmless(_parameters: object) -> bool:
    """Say that it opens nothing: a halted account may protect itself."""
    return True


class ProtectionEndpoints(EndpointBook):
    """The window for which an account may be without a private stream."""

    PROTECTION = Endpoint(
        "GET",
        "/v5/account/query-dcp-info",
        decode=_WINDOWS.read_all,
        rows=(("result", "dcpInfos"),),
        pools=cost("dcp_info"),
        serves=(DeadManControl.dead_man_switch,),
        note="Empty for an account that the venue has not configured.",
    )

    SET_PROTECTION = Endpoint(
        "POST",
        "/v5/order/disconnected-cancel-all",
        decode=Changing(_decode_acceptance),
        parameters=(
            Parameter("product", choices=frozenset({PRODUCT})),
            Parameter("timeWindow", Kind.INTEGER, required=True, minimum=Decimal(3), maximum=Decimal(300)),
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=_is_harmless,
        write_scope=WriteScope.ACCOUNT,
        readback=_read_window,
        pools=cost(),
        serves=(DeadManControl.dead_man_switch,),
        note="Of all perpetuals and futures of the account, linear ones too; it takes a while to have an effect.",
    )
