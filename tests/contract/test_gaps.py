"""What must be shown is derived from what the venues declare, so that the registry cannot silently lose a thing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import attrs
import tests.contract.account_cases as _account_cases  # noqa: F401 - importing files its cases
import tests.contract.order_cases as _order_cases  # noqa: F401 - importing files its cases
import tests.contract.position_cases as _position_cases  # noqa: F401 - importing files its cases
import tests.contract.stream_cases as _stream_cases  # noqa: F401 - importing files its cases
from tests.contract.contract_registry import DOCUMENTED, ROWS, Documented, Row
from tests.contract.socket_cases import CASES
from tests.offenders import each

from venuekit import capabilities
from venuekit.capabilities import Capability, DeadManControl, SettingsReader, UserStream
from venuekit.endpoint import Endpoint
from venuekit.plugins import make_plugins
from venuekit.testing import find_recorded, load_recorded
from venuekit.testing.conformance.inventory import Inventory, promises
from venuekit.testing.recorded import RecordedCase

VENUES = sorted({row.venue for row in ROWS})
#: composed of what the other capabilities read; the tests of plan and apply are about it
COMPOSED = frozenset({SettingsReader.get_settings.__qualname__})

#: shown by documented messages, and not by the body of an answer, where the row has messages
BY_MESSAGES = frozenset({UserStream.events.__qualname__, DeadManControl.dead_man_switch.__qualname__})

#: by row: the methods that it is about; a venue may declare their capability unsupported instead
PROMISED = {
    "C01 U18 B13": "LeverageControl.set_leverage",
    "C02 U19 B12": "MarginTypeControl.set_margin_type",
    "C03 C17 U17 B16 B17": "AccountReader.get_account",
    "C04 U16 B04": "BalanceReader.get_balances",
    "C05 U25 B08": "BracketReader.get_brackets",
    "C09 U22 B06": "PositionReader.get_positions",
    "B05": "PositionReader.get_position",
    "C10 U02 B14": "PositionModeReader.get_position_mode",
    "C14 U01 B14": "PositionModeControl.set_position_mode",
    "U03": "AssetModeControl.set_asset_mode",
    "U04": "AssetModeReader.get_asset_mode",
    "B22": "LeverageReader.get_leverage",
    "A01": "InstrumentReader.get_instruments",
    "A02": "ServerTimeReader.get_server_time",
    "A04": "AccountModeReader.get_account_mode",
    "C06 U24 B09": "IncomeReader.iter_income",
    "C07 U21": "MarginChangeReader.iter_margin_changes",
    "C08 U26 B21": "AdlReader.get_adl_quantiles",
    "C11 U28 B18": "CommissionReader.get_commission_rate",
    "C13 U20 B01": "PositionMarginControl.add_margin PositionMarginControl.reduce_margin",
    "U32 B23": "PriceReader.get_prices",
    "U33 B24": "CandleReader.iter_candles",
    "U34 B25": "FundingRateReader.iter_funding_rates",
    "U05": "OrderControl.place_order OrderTestControl.test_order",
    "U06 C18 B19": "OrderBatchControl.place_orders",
    "U07 C18 B19": "OrderReader.get_order",
    "U08 C18 B19": "OrderControl.cancel_order",
    "U09 C18 B19": "OrderControl.cancel_all_orders",
    "U10 C18 B19": "OrderBatchControl.cancel_orders",
    "U11 C18 B19": "CountdownControl.set_countdown CountdownControl.countdown",
    "U12 C18 B19": "OrderReader.get_open_order",
    "U13 C18 B19": "OrderReader.get_open_orders",
    "U14 C18 B19": "OrderReader.iter_orders",
    "U15": "OrderReader.get_order OrderReader.get_open_orders OrderReader.iter_orders OrderControl.cancel_order",
    "U15 C18 B19": "OrderControl.place_order",
    "U23 C18 B19": "FillReader.iter_fills",
    "U27 C18 B19": "ForcedOrderReader.iter_forced_orders",
    "U31 C18 B19": "OrderAmendControl.amend_order OrderAmendControl.amend_orders",
    "B02": "ApiKeyReader.get_api_key IdentityReader.get_identity",
    "B03": "ConversionReader.iter_conversions",
    "B07": "ClosedPnlReader.iter_closed_pnl",
    "B10": "WithdrawalReader.iter_withdrawals",
    "B11": "TpSlModeControl.set_tpsl_mode",
    "B26": "TradingStopControl.set_trading_stop",
    "B27": "PartialStopControl.add_partial_stop",
    "B15": "RiskLimitControl.set_risk_limit",
    "C15 U29 B20": "UserStream.events",
    "U11 C18 B20": "DeadManControl.dead_man_switch",
    "C15 U29": "ListenKeyControl.start_listen_key",
    "C12 U29": "ListenKeyControl.keep_listen_key_alive",
    "C16 U29": "ListenKeyControl.stop_listen_key",
}
BY_ROW = {
    row_id: [one for ids, methods in PROMISED.items() if row_id in ids.split() for one in methods.split()]
    for row_id in " ".join(PROMISED).split()
}


def inventory(venue_id: str) -> Inventory:
    """Return what a venue declares and has recorded."""
    venue = make_plugins().venue(venue_id)
    return Inventory(venue, load_recorded(find_recorded(venue)))


def demanded() -> Iterator[tuple[str, str]]:
    """Yield every venue with each method that its account class implements."""
    for venue_id in VENUES:
        for method in inventory(venue_id).methods:
            if method.__qualname__ not in COMPOSED:
                yield venue_id, method.__qualname__


@attrs.frozen
class Shown:
    """What shows methods to work: rows, documented cases, and socket cases by method and book."""

    rows: Sequence[Row] = ROWS
    documented: Sequence[Documented] = DOCUMENTED
    sockets: Collection[tuple[str, str]] = attrs.field(factory=lambda: frozenset(CASES))

    def gaps(self, venue_id: str, method: str) -> list[str]:
        """Return what is missing before a method counts as shown on a venue."""
        rows = [row for row in self.rows if row.venue == venue_id and method in row.methods]
        if not rows:
            return ["a row"]
        books = {"plain"} | {book for row in rows if len(row.books) == 1 for book in row.books}
        missing = [f"a socket case of the {book} book" for book in sorted(books) if (method, book) not in self.sockets]
        messages = method in BY_MESSAGES and any(row.messages for row in rows)
        if not messages and not any((case.venue, case.method) == (venue_id, method) for case in self.documented):
            missing.append("a documented body")
        refused = any(one.method == method.partition(".")[2] for row in rows for one in row.refusals)
        said = any(row.no_refusals or method in row.unrefused for row in rows)
        if refused is said:
            missing.append("a refusal, or else the reason why there is none")
        return missing


DEMANDED = sorted(demanded())


@each(DEMANDED)
def test_method_is_shown(venue_id: str, method: str) -> None:
    """Whatever an account class implements has a row, a socket case, a documented body and a refusal."""
    assert not Shown().gaps(venue_id, method)


@each(DEMANDED)
def test_loss_is_noticed(venue_id: str, method: str) -> None:
    """Without its rows, bodies, socket cases or refusals a method is no longer shown."""
    rows = [row for row in ROWS if (row.venue, method in row.methods) != (venue_id, True)]
    assert Shown(rows=rows).gaps(venue_id, method) == ["a row"]
    bodies = [case for case in DOCUMENTED if (case.venue, case.method) != (venue_id, method)]
    silent = [attrs.evolve(row, messages={}) for row in ROWS]
    assert Shown(rows=silent, documented=bodies).gaps(venue_id, method) == ["a documented body"]
    unrefused = [attrs.evolve(row, refusals=(), no_refusals=None, unrefused={}, no_change=()) for row in ROWS]
    assert Shown(rows=unrefused).gaps(venue_id, method) == ["a refusal, or else the reason why there is none"]
    assert "a socket case of the plain book" in Shown(sockets=frozenset()).gaps(venue_id, method)


@each(ROWS, lambda row: row.label)
def test_row_is_about_what_it_must_be(row: Row) -> None:
    """A row has the methods that are promised for it, or says that the venue does not support their capability."""
    for promised in BY_ROW.get(row.id, ()):
        assert promised in row.methods or promised.partition(".")[0] in row.unsupported, promised


def test_every_promise_is_a_capability_method() -> None:
    """The promises are methods that there are, of rows that there are."""
    known = {
        promise.__qualname__
        for value in vars(capabilities).values()
        if isinstance(value, type) and issubclass(value, Capability)
        for promise in promises(value)
    }
    assert {one for methods in BY_ROW.values() for one in methods} <= known
    assert BY_ROW.keys() <= {row.id for row in ROWS}


@each(VENUES)
def test_reasons_name_methods_of_their_row(venue_id: str) -> None:
    """A reason why a method has no refusal is about a method of that row which has none."""
    for row in ROWS:
        if row.venue == venue_id:
            assert row.unrefused.keys() <= set(row.methods), row.id
            assert all(row.unrefused.values()), row.id


SERVING = [
    (venue_id, endpoint) for venue_id in VENUES for endpoint in inventory(venue_id).venue.endpoints if endpoint.serves
]


@each(SERVING, lambda one: f"{one[0]} {one[1]}")
def test_endpoint_is_shown(venue_id: str, endpoint: Endpoint[object]) -> None:
    """Each endpoint that serves a method is in a row, and a recorded success of it is what some method is shown by."""
    assert any(str(endpoint) in row.endpoints for row in ROWS if row.venue == venue_id), "in no row"
    recorded = {case.name for case in inventory(venue_id).recorded.of(endpoint) if case.is_success}
    used = {body for case in DOCUMENTED if case.venue == venue_id for body in case.bodies}
    assert recorded & used, "its recorded bodies are in no documented case"


#: what is refused; overload, maintenance and bans are faults of the venue, not answers to a question
REFUSING = frozenset({200, 400, 401})
RECORDED = [
    (venue_id, case)
    for venue_id in VENUES
    for case in inventory(venue_id).recorded
    if case.code is not None and case.status in REFUSING
]


@each(RECORDED, lambda one: f"{one[0]} {one[1].name}")
def test_recorded_refusal_is_met(venue_id: str, recorded: RecordedCase) -> None:
    """Each refusal that is recorded is met by a row of its venue, or means "it is so already"."""
    endpoint = inventory(venue_id).endpoint(recorded)
    assert endpoint is not None
    met = {one.code for row in ROWS if row.venue == venue_id for one in row.refusals}
    assert recorded.code in met | endpoint.no_change
