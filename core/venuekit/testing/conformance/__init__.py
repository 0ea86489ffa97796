"""
The conformance suite: checks that a plugin does everything it declares.

Every check is in one test class, whose cases are generated when pytest collects it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest

from venuekit.capabilities import (
    AccountReader,
    AdlReader,
    ApiKeyReader,
    BalanceReader,
    BracketReader,
    CandleReader,
    Capability,
    CommissionReader,
    FundingRateReader,
    IdentityReader,
    IncomeReader,
    InstrumentReader,
    LeverageControl,
    MarginType,
    OrderControl,
    PositionReader,
    PriceReader,
    ServerTimeReader,
    SettingsReader,
)
from venuekit.endpoint import Security
from venuekit.faults import Fault
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, Cut, DropAfter, DropBefore, Truncate
from venuekit.testing.conformance.access import AccessChecks
from venuekit.testing.conformance.account_states import states_of
from venuekit.testing.conformance.account_values import AccountValueChecks
from venuekit.testing.conformance.arrivals import ArrivalChecks
from venuekit.testing.conformance.closing import ClosingChecks, closing_cases
from venuekit.testing.conformance.completeness import CompletenessChecks
from venuekit.testing.conformance.countdowns import CountdownChecks, countdown_cases
from venuekit.testing.conformance.dead_man import DeadManChecks, dead_man_cases
from venuekit.testing.conformance.declarations import DeclarationChecks, SimulatedVenueChecks
from venuekit.testing.conformance.effects import EffectChecks
from venuekit.testing.conformance.fills import FillChecks, fill_cases
from venuekit.testing.conformance.guards import GuardChecks, quanto_symbols
from venuekit.testing.conformance.histories import HistoryChecks
from venuekit.testing.conformance.inventory import Checks, Inventory
from venuekit.testing.conformance.key_values import KeyValueChecks
from venuekit.testing.conformance.losses import OnceChecks, ReadChecks, SettingChecks
from venuekit.testing.conformance.lost_writes import LostMarginChecks, LostWriteChecks, lost_write_cases
from venuekit.testing.conformance.margin_moves import MarginMoveChecks, moves_of
from venuekit.testing.conformance.market_values import MarketValueChecks
from venuekit.testing.conformance.order_changes import OrderChangeChecks, order_change_cases
from venuekit.testing.conformance.order_refusals import OrderRefusalChecks, order_refusal_cases
from venuekit.testing.conformance.order_values import OrderValueChecks, order_cases
from venuekit.testing.conformance.promises import CapabilityChecks
from venuekit.testing.conformance.recorded_values import RecordedValueChecks
from venuekit.testing.conformance.recordings import RecordingChecks
from venuekit.testing.conformance.requests import LimitChecks, RequestChecks
from venuekit.testing.conformance.secrets import SecretChecks
from venuekit.testing.conformance.setting_values import SettingValueChecks, leverage_names
from venuekit.testing.conformance.streams import StreamChecks, stream_cases
from venuekit.testing.conformance.symbols import SymbolChecks, filters_of, methods_of_a_symbol
from venuekit.testing.conformance.tiers import NO_SIMULATED_VENUE, Tier
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit.testing.replay import ConvertKey

_UNSIGNED = frozenset({Security.NONE, Security.KEY})
_LIMITS = frozenset({Fault.THROTTLED, Fault.BANNED})

__all__ = ["Suite", "conformance_suite", "suite_of"]


class Suite(
    DeclarationChecks,
    SimulatedVenueChecks,
    RecordingChecks,
    RecordedValueChecks,
    RequestChecks,
    CapabilityChecks,
    SettingChecks,
    OnceChecks,
    ReadChecks,
    ArrivalChecks,
    EffectChecks,
    LimitChecks,
    HistoryChecks,
    AccessChecks,
    SecretChecks,
    CompletenessChecks,
    AccountValueChecks,
    MarketValueChecks,
    KeyValueChecks,
    SymbolChecks,
    SettingValueChecks,
    MarginMoveChecks,
    OrderValueChecks,
    OrderChangeChecks,
    OrderRefusalChecks,
    FillChecks,
    CountdownChecks,
    DeadManChecks,
    ClosingChecks,
    GuardChecks,
    LostWriteChecks,
    LostMarginChecks,
    StreamChecks,
):
    """
    All checks of one venue.

    Attributes:
        tiers: The tier of each test of the venue.
        left_out: The tests that the venue does not have, each with the reason.
    """

    tiers: ClassVar[Mapping[str, Tier]]
    left_out: ClassVar[Mapping[str, str]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Generate the cases of one test."""
        for name, cases in _cases(self.inventory).items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, list(cases.values()), ids=list(cases))


@cache  # asked for again by each test
def _cases(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the values of each test argument, by readable id."""
    return {
        "endpoint": {str(endpoint): endpoint for endpoint in inventory.venue.endpoints},
        "open_endpoint": {str(one): one for one in inventory.venue.endpoints if one.security in _UNSIGNED},
        "read_endpoint": {str(endpoint): endpoint for endpoint in inventory.reads},
        "setting_endpoint": {str(endpoint): endpoint for endpoint in inventory.settings},
        "once_endpoint": {str(endpoint): endpoint for endpoint in inventory.once},
        "session_endpoint": {str(endpoint): endpoint for endpoint in inventory.sessions},
        "windowed_write": {str(endpoint): endpoint for endpoint in inventory.windowed},
        "numbered_write": {str(endpoint): endpoint for endpoint in inventory.numbered},
        "recorded_case": {case.name: case for case in inventory.recorded},
        "expecting_case": {case.name: case for case in inventory.recorded if case.expect},
        "limit_case": {case.name: case for case in inventory.recorded if case.fault in _LIMITS},
        "read_case": {case.name: case for case in inventory.read_cases},
        "capability_method": {method.__qualname__: method for method in inventory.methods},
        "margin_type": {
            margin_type.value: margin_type
            for margin_type in (MarginType.CROSS, MarginType.ISOLATED)
            if OrderControl in inventory.capabilities
        },
        "history": {subject.method.__qualname__: subject for subject in inventory.histories},
        "repeated_history": {one.method.__qualname__: one for one in inventory.histories if one.pattern is not None},
        "paged_history": {subject.method.__qualname__: subject for subject in inventory.histories_with_rows},
        "income_history": {
            one.method.__qualname__: one for one in inventory.histories if one.method is IncomeReader.iter_income
        },
        "account_field": {
            one.name: one for one in inventory.venue.credential_fields if one.names_account and not one.required
        },
        "missing_batch": {method.__qualname__: method for method in inventory.missing_batches},
        "unsupported": {capability.__name__: capability for capability in inventory.unsupported},
        "setter": {setter.method.__name__: setter for setter in inventory.setters},
        "loss": {
            "dropped": DropAfter(),
            "truncated": Truncate(1),
            "cut": Cut(1),
            "empty": Cut(0),
            "html": CannedAnswer.html(200, applied=True),
            "gateway": CannedAnswer.html(502, applied=True),
        },
        "fate": {"answer-lost": DropAfter(), "request-lost": DropBefore()},
        "unreadable": {
            "html": CannedAnswer.html(200),
            "empty": Cut(0),
            "cut": Cut(1),
            "truncated": Truncate(1),
        },
        "skew": {"ahead": 90.0, "behind": -90.0},
        "account_state": {state.value: state for state in states_of(inventory.venue)},
        "account_reader": _if_supported(inventory, AccountReader),
        "balance_reader": _if_supported(inventory, BalanceReader),
        "bracket_reader": _if_supported(inventory, BracketReader),
        "commission_reader": _if_supported(inventory, CommissionReader),
        "instrument_reader": _if_supported(inventory, InstrumentReader),
        "price_reader": _if_supported(inventory, PriceReader),
        "candle_reader": _if_supported(inventory, CandleReader),
        "funding_rate_reader": _if_supported(inventory, FundingRateReader),
        "position_reader": _if_supported(inventory, PositionReader),
        "identity_reader": _if_supported(inventory, IdentityReader),
        "api_key_reader": _if_supported(inventory, ApiKeyReader),
        "server_time_reader": _if_supported(inventory, ServerTimeReader),
        "adl_reader": _if_supported(inventory, AdlReader),
        "row_filter": filters_of(inventory),
        "symbol_method": methods_of_a_symbol(inventory),
        "leverage_name": leverage_names(inventory),
        "leverage_control": _if_supported(inventory, LeverageControl),
        "settings_reader": _if_supported(inventory, SettingsReader),
        "margin_move": moves_of(inventory),
        **order_cases(inventory),
        **order_change_cases(inventory),
        **order_refusal_cases(inventory),
        **fill_cases(inventory),
        **countdown_cases(inventory),
        **dead_man_cases(inventory),
        **closing_cases(inventory),
        **lost_write_cases(inventory),
        **stream_cases(inventory),
        "quanto_symbol": quanto_symbols(inventory),
    }


def _if_supported(inventory: Inventory, capability: type[Capability]) -> dict[str, type[Capability]]:
    """Return a capability by its name, if the venue supports it."""
    return {capability.__name__: capability} if capability in inventory.capabilities else {}


def conformance_suite(venue_id: str, *, recorded: Path | None = None, convert_key: ConvertKey | None = None) -> type:
    """
    Return the test class of one installed venue; see :mod:`venuekit.testing`.

    Args:
        venue_id: The venue, as its plugin registers it.
        recorded: The directory of its recorded answers; None for ``tests/recorded/`` beside its package, or the
            directory in there with the venue's id.
        convert_key: The maker of keys, for a venue without a simulated venue whose keys have a form of their own, such
            as those of wallets; as :meth:`~venuekit.simulator.SimulatedVenue.convert_key`.

    Raises:
        UnknownVenue, PluginError: the venue is not installed, or its plugin is broken.
        ValueError: a file of recorded answers cannot be read.
    """
    venue = make_plugins().venue(venue_id)
    return suite_of(Inventory(venue, load_recorded(recorded or find_recorded(venue)), convert_key=convert_key))


def suite_of(inventory: Inventory) -> type:
    """
    Return the test class of an inventory; a test without any case of the venue is left out.

    So is one that needs a simulated venue where there is none. ``tiers`` of the class has the tier of each test, and
    ``left_out`` the reason of each one left out.
    """
    venue = inventory.venue
    empty = {name for name, cases in _cases(inventory).items() if not cases}
    tests: dict[str, Any] = {"__doc__": f"Conformance of the plugin of {venue.id}."}
    tiers: dict[str, Tier] = {}
    left_out: dict[str, str] = {}
    for name, checks in _tests().items():
        function = vars(checks)[name]
        code = function.__code__
        lacking = empty.intersection(code.co_varnames[: code.co_argcount])
        if checks.needs_simulated and venue.simulated is None:
            left_out[name] = NO_SIMULATED_VENUE
        elif lacking:
            left_out[name] = f"the venue has no {' and no '.join(sorted(lacking)).replace('_', ' ')}"
        else:
            tiers[name] = checks.tier
        is_coroutine = bool(code.co_flags & inspect.CO_COROUTINE)
        tests[name] = None if name in left_out else pytest.mark.asyncio(function) if is_coroutine else function
    tests |= {"inventory": inventory, "tiers": tiers, "left_out": left_out}
    return type(f"Conformance[{venue.id}]", (Suite,), tests)


def _tests() -> dict[str, type[Checks]]:
    """Return the group of checks of each test, by its name."""
    groups = [group for group in reversed(Suite.__mro__) if issubclass(group, Checks)]
    return {name: group for group in groups for name in vars(group) if name.startswith("test_")}
