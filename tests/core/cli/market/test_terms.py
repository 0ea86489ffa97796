"""``adl``, ``brackets``, ``fees``, ``instruments``, ``key``: the terms on which accounts trade."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.capabilities import AdlQuantile, Bracket, CommissionRate, Instrument
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.reading import ToyPositions

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "kind", "count"),
    [
        (["adl"], AdlQuantile, 6),
        (["adl", "main", "--symbol", "GEMUSD"], AdlQuantile, 1),
        (["brackets", "main", "TOYUSD"], Bracket, 2),
        (["fees", "main", "TOYUSD", "GEMUSD"], CommissionRate, 2),
    ],
    ids=["adl", "adl of one", "brackets", "fees"],
)
def test_rows_and_tables(call: Call, market: Any, words: list[str], kind: type[Any], count: int) -> None:
    """JSON has account, venue and every field; the table has a line for each row."""
    rows, table = call(*words, "--json").rows, call(*words)

    names = [field.name for field in attrs.fields(kind) if field.name != "raw"]
    assert [list(row) for row in rows] == [["account", "venue", *names]] * count
    assert (table.status, table.err) == (0, "")
    assert len(table.out.splitlines()) == count + 2


def test_instruments(call: Call, served: Any) -> None:
    """All are listed, or the one that is asked for; one that is not there is the venue's error."""
    place = ("--accounts", served.accounts)
    rows = call("instruments", "toy_perp", *place, "--json").rows
    (one,) = call("instruments", "toy_perp", "GEMUSD", *place, "--json").rows

    assert [row["symbol"] for row in rows] == ["TOYUSD", "GEMUSD"]
    assert one == rows[1]
    assert set(one) <= {"account", "venue", *(field.name for field in attrs.fields(Instrument))}
    assert call("instruments", "toy_perp", "NOSUCH", *place).status == 3


def test_key(call: Call, market: Any) -> None:
    """What the key may do is one flat row; that it may withdraw is a warning, as JSON an object; no key is shown."""
    called = call("key", "main", "--json")
    table = call("key", "main")

    (row,) = called.rows
    assert (row["permissions"], row["ips"]) == ("account.read, trade.orders", "anywhere")
    assert (row["may_withdraw"], row["read_only"], row["expires_at"]) == (True, False, None)
    assert table.err == "warning: this key may withdraw\n"
    assert called.error == {"warning": "this key may withdraw"}
    assert "main-key" not in called.out + table.out


def test_a_symbol_is_needed(call: Call, market: Any) -> None:
    """Fees are of symbols; without one it is a mistake."""
    assert call("fees", "main").status == 64


def test_accounts_that_nobody_named_are_left_out(call: Call, market: Any, served: Any) -> None:
    """Of all accounts those answer that can; the others are told, and are an error only when they are named."""
    main, *_ = Path("accounts.toml").read_text().split("[accounts.other]")
    served.accounts.write_text(f"{served.accounts.read_text()}\n{main}")
    market.tell(rows=3)

    every = call("key", "--accounts", served.accounts, "--json")
    text = call("key", "--accounts", served.accounts)
    named = call("key", "toy_perp", "main", "--accounts", served.accounts, "--json")
    walked = call("history", "pnl", "--accounts", served.accounts)

    assert (every.status, text.status, named.status, walked.status) == (0, 0, 1, 0)
    assert [row["account"] for row in every.rows] == [row["account"] for row in named.rows] == ["main"]
    assert json.loads(every.err.splitlines()[-1]) == {
        "left_out": "toy_perp: ApiKeyReader is not supported: not implemented by this plugin",
        "account": "toy_perp",
    }
    assert json.loads(named.err.splitlines()[-1])["error"] == "UnsupportedCapability"
    assert text.err.endswith("left out: toy_perp: ApiKeyReader is not supported: not implemented by this plugin\n")
    assert "left out: toy_perp: ClosedPnlReader is not supported" in walked.err
    assert walked.out.count("\nmain,") == 3


def test_odd_rows_are_told(call: Call, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be read is one line of text, as JSON an object; the others are printed."""
    whole = ToyPositions.get_positions

    async def odd(account: ToyPositions, **which: Any) -> Any:
        account.warn_of(TOY.POSITIONS, "positions[1].size: missing")
        return await whole(account, **which)

    monkeypatch.setattr(ToyPositions, "get_positions", odd)
    words = "toy_perp: GET /v1/positions has a row that cannot be read, and is left out: positions[1].size: missing"
    called = call("positions", "--accounts", served.accounts, "--json")

    assert called.error == {"warning": words}
    assert called.rows
    assert call("positions", "--accounts", served.accounts).err == f"warning: {words}\n"
