"""``record`` keeps the answers of a venue as recorded answers, and says how they differ from the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venuekit.testing import find_recorded, load_recorded
from venuekit_toy_perp import TOY_PERP

Call = Callable[..., Any]


def by_endpoint(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["endpoint"]: row for row in rows}


def test_a_venue_records_itself(call: Call, tmp_path: Path) -> None:
    """Without an account the simulated venue answers, writes included; a second run finds nothing new."""
    first = call("record", "toy_perp", "--json")
    assert (first.status, first.err) == (0, "")
    rows = by_endpoint(first.rows)
    assert rows["GET /v1/wallet"]["file"] == "get_v1_wallet.json"
    assert {row["result"] for row in first.rows} == {"written", "left out"}
    assert rows["PUT /v1/leverage"]["result"] == "written"
    assert rows["POST /v1/collateral"]["reason"] == "no parameters are recorded, and no method could be called"
    written = {path.name for path in (tmp_path / "tests" / "recorded").iterdir()}
    assert written == {row["file"] for row in first.rows if row["result"] == "written"}

    again = call("record", "toy_perp")
    assert again.status == 0
    assert again.out.endswith(f"1 left out, {len(written)} unchanged in tests/recorded\n")


@pytest.fixture(autouse=True)
def _without_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the recorded answers beside the package of the toy as they are."""
    monkeypatch.setattr("venuekit.testing.recorded.find_recorded", lambda _: tmp_path / "beside")


def test_drift(call: Call, tmp_path: Path) -> None:
    """Differences are told with status 3 and change no file; ``--update`` writes them and keeps what people wrote."""
    former = load_recorded(find_recorded(TOY_PERP)).case("wallet")
    directory = tmp_path / "mine"
    directory.mkdir()
    body = former.body.replace(b'"free":', b'"freed":').replace(b'"wallet": 10000.00000001', b'"wallet": "10000"')
    facts: dict[str, Any] = {
        "source": "documented",
        "verb": "GET",
        "path": "/v1/wallet",
        "security": "signed",
        "parameters": {},
    }
    facts |= {"status": 200, "answer": json.loads(body), "expect": {"get_balances": [{"asset": "USD"}]}}
    (directory / "wallet.json").write_text(json.dumps(facts))

    found = call("record", "toy_perp", "--out", directory, "--json")
    assert found.status == 3
    drift = [(row["difference"], row["field"], row["before"], row["after"]) for row in found.rows if row["difference"]]
    assert drift == [
        ("added", "assets[].free", None, "number"),
        ("removed", "assets[].freed", "number", None),
        ("retyped", "assets[].wallet", "text", "number"),
    ]
    assert json.loads((directory / "wallet.json").read_text()) == facts
    assert "assets[].freed was removed (number)" in " ".join(call("record", "toy_perp", "--out", directory).out.split())

    updated = call("record", "toy_perp", "--out", directory, "--update", "--json")
    assert updated.status == 0
    assert {row["result"] for row in updated.rows if row["file"] == "wallet.json"} == {"updated"}
    kept = json.loads((directory / "wallet.json").read_text())
    assert (kept["source"], kept["expect"]) == (facts["source"], facts["expect"])
    assert kept["answer"]["assets"][0].keys() == {"asset", "wallet", "equity", "free", "updated"}
    assert call("record", "toy_perp", "--out", directory).status == 0


def test_an_account_is_read(call: Call, served: Any, tmp_path: Path) -> None:
    """An account is asked with found parameters, only by reads, and its key and secret are in no file."""
    called = call("record", "toy_perp", "--accounts", served.accounts, "--json")
    assert (called.status, called.err) == (0, "")
    written = [path.read_text() for path in (tmp_path / "tests" / "recorded").iterdir()]
    assert len(written) == sum(row["result"] == "written" for row in called.rows) > 4
    assert all('"source": "recorded from sim"' in text and '"verb": "GET"' in text for text in written)
    secrets = served.announced["venues"]["toy_perp"]
    assert not any(secrets[name] in text for text in written for name in ("key", "secret"))


def test_recorded_writes_of_an_account(call: Call, fresh: Any, tmp_path: Path) -> None:
    """With ``--writes`` the recorded writes are sent, too, and no others; one that is refused is told."""
    directory = tmp_path / "mine"
    directory.mkdir()
    for name in ("set_leverage", "add_collateral"):
        (directory / f"{name}.json").write_bytes((find_recorded(TOY_PERP) / f"{name}.json").read_bytes())
    options = ("--accounts", fresh.accounts, "--out", directory, "--json")
    rows = by_endpoint(call("record", "toy_perp", "--writes", *options).rows)
    assert rows["PUT /v1/leverage"]["result"] == "unchanged"
    assert rows["PUT /v1/margin"]["result"] == "left out"
    assert "no recorded answer has its parameters" in rows["PUT /v1/margin"]["reason"]
    leverage = call("leverage", "toy_perp", "GEMUSD", "--accounts", fresh.accounts, "--json").rows
    assert leverage[0]["long"] == "12"
