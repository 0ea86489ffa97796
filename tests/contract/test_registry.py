"""The registry has no gap: no row left out, nothing in a row without a case."""

from __future__ import annotations

from typing import Any

from tests.contract.contract_registry import DOCUMENTED, ROWS, SOCKET_ROWS, Row, method_of
from tests.contract.render import TARGET, render
from tests.offenders import each

from venuekit.capabilities import DeadManControl, UserStream, capability_of
from venuekit.endpoint import Area
from venuekit.plugins import make_plugins
from venuekit.testing import find_recorded, load_recorded
from venuekit.venue import Venue

REQUIRED = {
    "aster_usdm": {"X02"},
    "aster_usdm_v1": {"X01"},
    "binance_coinm": {"C01", "C02", "C03", "C04", "C05", "C09", "C10", "C14", "C17", "A01", "A02", "A03", "A04"}
    | {"C06", "C07", "C08", "C11", "C12", "C13", "C15", "C16", "C18", "U32", "U33", "U34"},
    "binance_usdm": {"U01", "U02", "U03", "U04", "U16", "U17", "U18", "U19", "U22", "U25", "A01", "A02", "A03", "A04"}
    | {"U20", "U21", "U24", "U26", "U28", "U29", "U32", "U33", "U34"}
    | {"U05", "U06", "U07", "U08", "U09", "U10", "U11", "U12", "U13", "U14", "U15", "U23", "U27", "U31"},
    "bybit_inverse": {
        *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12", "B13", "B14", "B15"),
        *(
            "B16",
            "B17",
            "B18",
            "B19",
            "B20",
            "B21",
            "B22",
            "B23",
            "B24",
            "B25",
            "B26",
            "B27",
            "A01",
            "A02",
            "A03",
            "A04",
        ),
    },
}
#: the rows of WebSocket APIs
OVER_SOCKET = {"binance_coinm": {"W01", "W02"}, "binance_usdm": {"U30"}}
#: the codes that must be met, wherever
CODES = {
    "binance_coinm": {
        *(-4046, -4047, -4048, -4059, -4067, -4068, -4028, -4087, -4150, -2027),
        *(-1021, -1022, -1121, -2014, -2015),
        *(-1023, -1127, -4049, -4050, -4051, -4054, -4055),
        *(-1102, -1111, -1125, -2011, -2013, -2019, -2021, -2022, -4003, -4061, -4116, -4120, -4197),
    },
    "binance_usdm": {
        *(-4046, -4047, -4048, -4059, -4067, -4068, -4028, -4161, -4167, -4168, -4171, -2027),
        *(-1021, -1022, -1121, -2014, -2015),
        *(-1023, -1127, -4049, -4050, -4051, -4054, -4055),
        *(-1102, -1111, -1125, -2011, -2013, -2019, -2021, -2022, -4003, -4061, -4116, -4120, -4164, -5027),
    },
    "bybit_inverse": {
        *(110043, 110013, 110029, 100028, 3400045, 10001, 10002, 10003, 10004, 10005),
        *(110001, 110014, 110015, 110033, 110072, 110078),
    },
}

rows = each(ROWS, lambda row: row.label)


def venue_of(row: Row) -> Venue[Any]:
    """Return the venue of a row."""
    return make_plugins().venue(row.venue)


@each(REQUIRED)
def test_every_row_is_there(venue_id: str) -> None:
    """Every row that must work is registered, once."""
    found = [row.id for row in ROWS if row.venue == venue_id]
    assert sorted(found) == sorted(REQUIRED[venue_id])


@each(OVER_SOCKET)
def test_every_method_of_a_websocket_api_is_in_a_row(venue_id: str) -> None:
    """The rows of a WebSocket API name each method that an endpoint has, once, and no other."""
    found = [row for row in SOCKET_ROWS if row.venue == venue_id]
    assert {row.id for row in found} == OVER_SOCKET[venue_id]
    declared = [one.websocket_method for one in make_plugins().venue(venue_id).endpoints if one.websocket_method]
    assert sorted(method for row in found for method in row.methods) == sorted(declared)


@each(CODES)
def test_every_code_is_met(venue_id: str) -> None:
    """Every code that must be met is a refusal, or a "no change", of some row."""
    mine = [row for row in ROWS if row.venue == venue_id]
    refused = {one.code for row in mine for one in row.refusals}
    assert CODES[venue_id] <= refused | {one.code for row in mine for one in row.no_change}


@rows
def test_methods_are_promises_of_the_account(row: Row) -> None:
    """The methods of a row are those of capabilities that the account class has."""
    account = venue_of(row).account
    for method in row.methods:
        assert method == "*" or issubclass(account, capability_of(method_of(method))), method


@rows
def test_methods_have_a_documented_body(row: Row) -> None:
    """Each method of a row has a documented-body case."""
    shown = {case.method for case in DOCUMENTED if (case.row, case.venue) == (row.id, row.venue)}
    if row.messages:
        shown |= {UserStream.events.__qualname__, DeadManControl.dead_man_switch.__qualname__}
    assert set(row.methods) - {"*"} <= shown


@rows
def test_endpoints_are_declared(row: Row) -> None:
    """The endpoints of a row are declared, and those of its methods' own are in the row."""
    declared = {str(one): one for one in venue_of(row).endpoints}
    assert set(row.endpoints) <= declared.keys()
    for method in set(row.methods) - {"*"}:
        serving = {name for name, one in declared.items() if method_of(method) in one.serves}
        assert not serving or serving & set(row.endpoints), f"no endpoint of the row serves {method}"


@rows
def test_bodies_are_recorded_and_used(row: Row) -> None:
    """The bodies of a row are recorded, belong to its endpoints, and are used by its documented cases."""
    recorded = load_recorded(find_recorded(venue_of(row)))
    used = {body for case in DOCUMENTED if (case.row, case.venue) == (row.id, row.venue) for body in case.bodies}
    for name in row.bodies:
        body = recorded.case(name)
        assert str(body.endpoint_name) in row.endpoints
        assert name in used, f"no documented case of {row.id} uses {name}"


@rows
def test_row_has_refusals_or_says_why_not(row: Row) -> None:
    """A row has refusals, or says why it has none."""
    assert bool(row.refusals) is not bool(row.no_refusals)


@rows
def test_no_change_codes_are_declared(row: Row) -> None:
    """The "no change" codes of a row are those that its endpoints declare, and the other way round."""
    declared = {code for one in venue_of(row).endpoints if str(one) in row.endpoints for code in one.no_change}
    raw_only = {one for one in row.endpoints if not _serves_anything(row, one)}
    by_raw = {code for one in venue_of(row).endpoints if str(one) in raw_only for code in one.no_change}
    assert {one.code for one in row.no_change} == declared - by_raw


@each(sorted(REQUIRED))
def test_no_change_of_a_setting_is_read(venue_id: str) -> None:
    """No venue's word that a setting holds already is believed without reading it."""
    settings = [one for one in make_plugins().venue(venue_id).endpoints if one.no_change and one.area is Area.SETTINGS]
    assert settings
    assert [one for one in settings if not one.no_change_is_read] == []


def _serves_anything(row: Row, name: str) -> bool:
    return any(one.serves for one in venue_of(row).endpoints if str(one) == name)


@rows
def test_unsupported_reason_is_the_declared_one(row: Row) -> None:
    """A row that says something is unsupported gives the venue's own reason."""
    assert bool(row.unsupported) is bool(row.reason)
    reasons = {capability.__name__: reason for capability, reason in venue_of(row).unsupported.items()}
    for name in row.unsupported:
        assert reasons[name] == row.reason


@each(DOCUMENTED, lambda case: case.label)
def test_documented_case_belongs_to_a_row(case: Any) -> None:
    """Every documented-body case belongs to a row, and calls one of its methods or endpoints."""
    (row,) = (row for row in ROWS if (row.id, row.venue) == (case.row, case.venue))
    assert case.method in row.methods or case.method in row.endpoints


def test_labels_are_unique() -> None:
    """No two cases share a name, so that none hides another."""
    labels = [case.label for case in DOCUMENTED]
    assert len(labels) == len(set(labels))
    refusals = [(row.label, refused.label) for row in ROWS for refused in row.refusals]
    assert len(refusals) == len(set(refusals))


def test_coverage_page_is_up_to_date() -> None:
    """docs/coverage.md is what the registry and the declarations give; running render.py writes it."""
    assert TARGET.read_text(encoding="utf-8") == render(make_plugins())
