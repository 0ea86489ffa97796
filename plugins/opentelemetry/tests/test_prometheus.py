"""Metrics as Prometheus scrapes them, from the real exporter, and the board that shows them."""

from __future__ import annotations

import json
import re
import socket
import sys
import urllib.request
from collections.abc import Iterator
from importlib import resources

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import venuekit
import venuekit_opentelemetry
from venuekit.capabilities import PositionReader
from venuekit.plugin import ConfigurationError, Event
from venuekit_opentelemetry.prometheus import close_metrics, port_of, serve_metrics
from venuekit_opentelemetry.telemetry import Telemetry

#: a port that is free when it is asked for
ADDRESS = "127.0.0.1:0"
_BOARD = resources.files("venuekit_opentelemetry") / "board.json"


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the endpoints of a test, and leave no metric to the next."""
    yield
    close_metrics()


def scrape() -> dict[str, list[str]]:
    """Return the samples at the endpoint: name to its lines."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port_of(ADDRESS)}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    samples: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("#"):
            samples.setdefault(re.split(r"[{ ]", line, maxsplit=1)[0], []).append(line)
    return samples


@pytest.mark.usefixtures("endpoints")
def test_board_shows_metrics_and_labels_that_are_scraped(every_kind: list[Event]) -> None:
    """Each name in a query is one of a scrape after one event of each kind, and each of its labels is on it."""
    telemetry = Telemetry(serve_metrics(ADDRESS))
    for event in every_kind:
        telemetry(event)
    samples = scrape()

    board = json.loads(_BOARD.read_text(encoding="utf-8"))
    queries = [(panel["title"], target) for panel in board["panels"] for target in panel["targets"]]
    used: set[str] = set()
    for title, target in queries:
        names = re.findall(r"\b(?:venuekit|http)_\w+(?=\{|\[)", target["expr"])
        assert names, title
        labels = {*re.findall(r"(\w+)=~", target["expr"]), *re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])}
        for name in names:
            assert [label for label in labels if f'{label}="' not in samples[name][0]] == [], title
        used.update(re.sub(r"_(bucket|sum|total)$", "", name) for name in names)
    (variable,) = [one for one in board["templating"]["list"] if one["name"] == "venue"]
    assert re.findall(r"venuekit_\w+_count", variable["definition"])[0] in samples
    own = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in samples if "venuekit" in name}
    assert own | {"http_client_request_duration_seconds"} == used, "a metric that the board does not show"


@pytest.mark.usefixtures("endpoints")
def test_values_are_those_of_the_events(every_kind: list[Event]) -> None:
    """Used and left of a pool, its closure, the offset; a wait and an age in seconds; retries and unknown outcomes."""
    telemetry = Telemetry(serve_metrics(ADDRESS))
    for event in every_kind:
        telemetry(event)
    values = {name: float(lines[0].rpartition(" ")[2]) for name, lines in scrape().items()}

    assert {
        "venuekit_budget_used": 30,
        "venuekit_budget_left": 70,
        "venuekit_budget_closed": 1,
        "venuekit_budget_spent_total": 10,
        "venuekit_clock_offset_seconds": 0.25,
        "venuekit_clock_error_seconds": 0.02,
        "venuekit_event_age_seconds_sum": 0.03,
        "venuekit_stream_connections_total": 1,
        "venuekit_stream_faults_total": 1,
        "venuekit_stream_gaps_total": 1,
        "venuekit_wait_duration_seconds_sum": 2,
        "venuekit_operation_duration_seconds_sum": 3,
        "venuekit_retries_total": 1,
        "venuekit_faults_total": 1,
        "venuekit_unknown_outcomes_total": 1,
        "venuekit_resolutions_total": 1,
        "venuekit_plugin_failures_total": 1,
        "venuekit_journal_unwritten_total": 1,
    }.items() <= values.items()


@pytest.mark.usefixtures("endpoints")
async def test_variable_alone_serves_the_metrics_of_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed plugin answers the hook; every account and runtime of the process is in one scrape."""
    monkeypatch.setenv("VENUEKIT_PROMETHEUS", ADDRESS)
    async with venuekit.simulate("toy_perp") as sim:
        for _ in range(2):
            async with venuekit.connect("toy_perp", sim.credentials("toy_perp"), name="desk") as account:
                await PositionReader.of(account).get_positions()
        secrets = [secret.reveal() for secret in account._session.secrets]
    samples = scrape()

    (spent,) = [line for line in samples["venuekit_budget_spent_total"] if "get_positions" in line]
    assert all(label in spent for label in ('venuekit_venue="toy_perp"', 'venuekit_account="desk"'))
    assert [text for text in secrets if text and text in str(samples)] == []
    counts = [line for line in samples["venuekit_operation_duration_seconds_count"] if "get_positions" in line]
    assert [line.rpartition(" ")[2] for line in counts] == ["2.0"]


@pytest.mark.parametrize(
    "address", ["9464", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", "http://127.0.0.1:9464", "a@b:1", ":9464"]
)
def test_an_address_that_is_none_is_refused_in_one_sentence(address: str) -> None:
    """Before anything is served, with the form that it must have."""
    words = f"VENUEKIT_PROMETHEUS: {address!r} is no address; give host and port, such as 127.0.0.1:9464"
    with pytest.raises(ConfigurationError) as caught:
        serve_metrics(address)
    assert words == str(caught.value)


def test_an_address_in_use_is_refused_in_one_sentence() -> None:
    """The error names the address, why, and the mend; nothing is left open."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        words = f"VENUEKIT_PROMETHEUS: metrics cannot be served at {address}: Address already in use; give host"
        with pytest.raises(ConfigurationError, match=words):
            serve_metrics(address)


def test_missing_libraries_are_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are an extra of the distribution."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    words = r"prometheus_client is not installed; pip install 'venuekit-opentelemetry\[prometheus\]'"
    with pytest.raises(ConfigurationError, match=words):
        serve_metrics(ADDRESS)


def test_nothing_observes_where_nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without provider and variable the hook answers nothing, and no event is made."""
    monkeypatch.delenv("VENUEKIT_PROMETHEUS", raising=False)
    assert venuekit_opentelemetry.venuekit_observe() is None

    provider = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    assert isinstance(venuekit_opentelemetry.venuekit_observe(), Telemetry)


def test_a_provider_may_be_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry loads it when it is first asked for; a program without OpenTelemetry imports none of it."""
    for name in ("opentelemetry.trace", "opentelemetry.metrics"):
        monkeypatch.delitem(sys.modules, name)
    assert not venuekit_opentelemetry._is_configured()
    monkeypatch.setenv("OTEL_PYTHON_METER_PROVIDER", "sdk_meter_provider")
    assert venuekit_opentelemetry._is_configured()
