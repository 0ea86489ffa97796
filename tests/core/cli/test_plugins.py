"""``plugins`` lists every installed plugin: its hooks, capabilities, tier and load time, or why it is out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.broken.kinds import FLAWED_OPERATORS, OPERATORS, VENUES, Kind
from tests.core.plugin_sites import Install, venue_code

from venuekit.capabilities import SupportState
from venuekit.plugins import make_plugins
from venuekit.venue import core_capabilities, venue_support

Call = Callable[..., Any]


def _rows(call: Call) -> dict[str, Any]:
    return {row["plugin"]: row for row in call("plugins", "--json").rows}


def test_each_plugin_has_one_object(call: Call) -> None:
    """A venue has its hook, the number of supported capabilities and the milliseconds of loading."""
    rows = _rows(call)
    row, venue = rows["toy_perp"], make_plugins().venue("toy_perp")
    states = [venue_support(venue, capability).state for capability in core_capabilities()]

    assert isinstance(row.pop("load_ms"), int)
    assert row == {
        "plugin": "toy_perp",
        "kind": "venue",
        "distribution": "venuekit-toy-perp",
        "version": "0.1.0",
        "hooks": "venuekit_register_venues",
        "capabilities": states.count(SupportState.SUPPORTED),
        "tier": row["tier"],
        "tested": row["tested"],
        "state": "ready",
        "problem": None,
    }
    venues = {name for name, row in rows.items() if row["kind"] == "venue"}
    assert venues == set(make_plugins().venue_ids())


def _named(kinds: tuple[Kind, ...], name: str) -> Kind:
    return next(kind for kind in kinds if kind.name == name)


def test_a_plugin_that_is_out_has_the_reason(
    call: Call, site: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken, flawed and disabled plugins are listed; those that are out have no hooks, and the status is 1."""
    venue = _named(VENUES, "syntax_error")
    operators = (_named(OPERATORS, "op_misspelt"), _named(FLAWED_OPERATORS, "op_prints"))
    venue.install(site, "venuekit.venues")
    for kind in operators:
        kind.install(site, "venuekit.plugins")
    install("acme-desk", "", plugins=("desk",))
    monkeypatch.setenv("VENUEKIT_DISABLE", "acme-desk")

    called = call("plugins", "--json")  # a module prints when it is imported first
    rows = {row["plugin"]: row for row in called.rows}

    sentences = {kind.name: kind.sentence(site) for kind in (venue, *operators)}
    assert {name: rows[name]["problem"] for name in sentences} == sentences
    states = {name: rows[name]["state"] for name in (*sentences, "desk")}
    assert states == {"syntax_error": "broken", "op_misspelt": "broken", "op_prints": "ready", "desk": "disabled"}
    assert {rows[name]["hooks"] for name in states} == {""}
    assert (rows["desk"]["kind"], rows["desk"]["load_ms"]) == ("operator", None)
    assert rows["desk"]["problem"] == "it is named in VENUEKIT_DISABLE"
    assert called.status == 1
    told = [json.loads(line) for line in called.err.splitlines() if line.startswith("{")]
    assert sorted(one.get("message") or one["warning"] for one in told) == sorted(sentences.values())


@pytest.fixture
def report(site: Path) -> Callable[[str], None]:
    """Install a venue whose package has a report: ``report('{"version": "1.5"}')``."""

    def install(text: str) -> None:
        (site / "acme_package").mkdir()
        (site / "acme_package" / "venue.py").write_text(venue_code("acme_perp"))
        (site / "acme_package" / "conformance.json").write_text(text)
        info = site / "acme-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text("[venuekit.venues]\nacme_perp = acme_package.venue\n")

    return install


@pytest.mark.parametrize(("tested", "shown"), [("1.5", "gold"), ("1.4", "gold (1.4)")])
def test_the_tier_is_that_of_the_report_in_the_package(
    call: Call, report: Callable[[str], None], tested: str, shown: str
) -> None:
    """The table names the tested version where another one is installed."""
    report(json.dumps({"version": tested, "venues": {"acme_perp": {"tier": "gold"}}}))

    row = _rows(call)["acme_perp"]
    (line,) = (line for line in call("plugins").out.splitlines() if line.startswith("acme_perp"))

    assert (row["tier"], row["tested"], row["state"]) == ("gold", tested, "ready")
    assert f"  {shown}  " in line


@pytest.mark.parametrize("text", ["[1", "[]", '{"version": "1.5", "venues": {"other": {}}}'])
def test_a_report_without_the_venue_says_no_tier(call: Call, report: Callable[[str], None], text: str) -> None:
    """The venue is listed without one."""
    report(text)

    row = _rows(call)["acme_perp"]

    assert (row["tier"], row["tested"], row["state"]) == (None, None, "ready")
