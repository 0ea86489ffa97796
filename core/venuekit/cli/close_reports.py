"""Reports of closings as rows, one for each leg, and the exit status of a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from venuekit.cli.errors import Status, worst
from venuekit.cli.output import note
from venuekit.cli.tables import columns
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.capabilities import CloseReport

LEG_COLUMNS = columns("account symbol side held closed average_price why_left")


def leg_rows(report: CloseReport, *, account: str, venue: str) -> list[Row]:
    """Return the legs of a report, with the quantity that is left of each (None where it could not be read)."""
    left = None if report.positions is None else {(one.symbol, one.side): one.quantity for one in report.positions}
    return [
        {
            **row_of(leg, account=account, venue=venue),
            "left": None if left is None else left.get((leg.symbol, leg.side), 0 * leg.held),
        }
        for leg in report.legs
    ]


def status_of_flattening(report: CloseReport) -> Status:
    """Return the status of a report that should be flat: REFUSED where something is left, UNKNOWN where it may be."""
    if report.is_flat:
        return Status.DONE
    return Status.REFUSED if report.positions or report.open_orders else Status.UNKNOWN


def status_of_legs(reports: Iterable[CloseReport]) -> Status:
    """Return the status of reports whose legs should be closed; an order at a limit that rests is as it should be."""
    statuses = [Status.DONE]
    for report in reports:
        if report.positions is None:
            statuses.append(Status.UNKNOWN)
        resting = {order.symbol for order in report.orders if order.is_open}
        if any(leg.why_left is not None and (leg.unordered or leg.symbol not in resting) for leg in report.legs):
            statuses.append(Status.UNKNOWN if report.late else Status.REFUSED)
    return worst(statuses)


def print_failures(report: CloseReport, *, account: str, as_json: bool) -> None:
    """Note the failures that were met, for a report that is not as it should be."""
    for error in report.errors:
        note(f"{account}: {error}", as_json=as_json, account=account)
