"""The subcommands of ``sim`` script a simulation that another process serves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import attrs
import pytest

from venuekit.simulator.control import DEFAULT_PORT

Call = Callable[..., Any]


@attrs.frozen
class Script:
    """The command line with a control port: ``script("mark", ...)`` runs a subcommand, here as JSON."""

    call: Call
    url: str

    def __call__(self, *words: str) -> Any:
        called = self.call("sim", *words, "--at", self.url, "--json")
        assert (called.status, called.err) == (0, "")
        return called.rows


@pytest.fixture
def script(serve: Callable[..., Any], call: Call) -> Script:
    """A simulation in another process, with a control port."""
    return Script(call, serve("--venue", "toy_perp", "--control=0").announced["control"])


def test_from_another_process(script: Any) -> None:
    """Prices move, money comes and goes by negative numbers, orders fill, and the state is shown."""
    marks = script("mark", "TOYUSD", "110")
    funded = script("fund", "TOYUSD", "-0.001")
    deposit = script("deposit", "USD", "-.5", "--account", "2")
    fill = script("fill", "--symbol", "GEMUSD", "--side", "sell", "--quantity", "2")
    clock = script("skew", "-5")
    shown = script("show", "positions", "--account", "1")

    assert marks["marks"][0]["mark"] == "110"
    assert [one["amount"] for one in funded["payments"]] == ["11.00000000"] * 2
    assert deposit["balance"]["wallet"] == "10006.50000000"
    assert (fill["fill"]["side"], fill["fill"]["price"]) == ("sell", "20")
    assert list(clock) == ["time"]
    assert [(row["symbol"], row["quantity"]) for row in shown] == [("TOYUSD", "100"), ("GEMUSD", "-2")]


def test_disturbances_from_another_process(script: Any) -> None:
    """Flags, numbers and JSON are taken from the command line, digit for digit."""
    script("drop", "PUT /v1/leverage", "--after", "--times", "2")
    script("answer", "PUT /v1/leverage", "--status", "400", "--body", '{"x": 1.10}', "--headers", '{"A": "b"}')
    script("actor", "PUT /v1/leverage", "deposit", "--with", '{"asset": "USD", "amount": 5}', "--after")
    waiting = [row["attempt"] for row in script("show", "script")]

    assert waiting[:2] == ["DropAfter()"] * 2
    assert "b'{\"x\":1.10}'" in waiting[2]
    assert "'A': 'b'" in waiting[2]
    assert waiting[3:] == ["SecondActor(action=deposit, after=True)"]


def test_for_a_person(script: Any, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are a table, other answers names with values; the port may be named by the environment."""
    monkeypatch.setenv("VENUEKIT_SIM_CONTROL", script.url)
    positions = call("sim", "show", "positions")
    fill = call("sim", "fill", "--symbol", "GEMUSD", "--side", "buy", "--quantity", "1")
    dropped = call("sim", "drop", "GET /v1/wallet")
    none = call("sim", "requests")

    assert positions.out.split()[:4] == ["venue", "account", "symbol", "side"]
    assert positions.out.count("TOYUSD") == 2
    assert ["quantity", "1"] in [line.split() for line in fill.out.splitlines()]
    assert ["route", "GET", "/v1/wallet"] in [line.split() for line in dropped.out.splitlines()]
    assert none.out == "no requests\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("mark", "TOYUSD", "0"), "price: expected a price above 0, not 0"),
        (("mark", "TOYUSD"), "Missing argument 'PRICE'. (see: venuekit sim mark --help)"),
        (("mark", "TOYUSD", "1", "--vnue", "x"), "no option '--vnue'; did you mean --venue?"),
        (("skew", "-x"), "no option '-x' (see: venuekit sim skew --help)"),
        (
            ("drop", "POST /v1/colateral"),
            "no simulated venue has POST /v1/colateral; the nearest are POST /v1/c",
        ),
        (("answer", "GET /v1/wallet", "--status", "400", "--body", "{"), "'{' is no JSON"),
        (("marc", "TOYUSD", "0"), "no command 'marc'; did you mean mark?"),
    ],
)
def test_a_mistake(script: Any, call: Call, words: tuple[str, ...], error: str) -> None:
    """One line with the cause, in the words of the port or of the command line, and status 64."""
    called = call("sim", *words, *(() if words[0] == "marc" else ("--at", script.url)))

    assert (called.status, called.out, called.err.count("\n")) == (64, "", 1)
    assert error in called.err


def test_nothing_listens(call: Call, unused_tcp_port: int) -> None:
    """The error names the place and the way out."""
    called = call("sim", "show", "marks", "--at", f"http://127.0.0.1:{unused_tcp_port}")

    assert called.status == 64
    assert called.err == (
        f"error: nothing answers at http://127.0.0.1:{unused_tcp_port}: Connection refused; "
        "start venuekit sim --control, or name its URL by --at\n"
    )


@pytest.mark.parametrize(
    "url", ["7799", "https://127.0.0.1:7799", "http://127.0.0.1", "http://127.0.0.1:x", "http://a:1/x"]
)
def test_no_url(call: Call, url: str) -> None:
    """A text that is no URL of such a port is refused before anything is sent."""
    called = call("sim", "show", "marks", "--at", url)

    assert (called.status, called.err) == (
        64,
        f"error: {url!r} is no URL of a control port, as http://127.0.0.1:7799\n",
    )


class _Other(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(404 if self.path == "/show" else 200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def other() -> Iterator[str]:
    """Another server, which is no control port."""
    server = HTTPServer(("127.0.0.1", 0), _Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_server(call: Call, other: str) -> None:
    """A server that is no control port is named as such."""
    shown, cleared = call("sim", "show", "marks", "--at", other), call("sim", "clear", "script", "--at", other)

    assert shown.err == f"error: status 404 from {other}, which is no control port of venuekit sim\n"
    assert cleared.err == f"error: status 200 from {other}, which is no control port of venuekit sim\n"


def test_options_of_serving(call: Call) -> None:
    """A subcommand serves nothing, so that an option of serving is a mistake."""
    called = call("sim", "--venue", "toy_perp", "show", "marks", "--json")

    assert called.status == 64
    assert json.loads(called.err)["message"] == "--venue is about serving, and show serves nothing"


def test_the_help(call: Call) -> None:
    """Every command has its line, and each of its fields in its own help."""
    assert [name in call("sim", "--help").out for name in ("mark", "half-close", "requests")] == [True] * 3
    assert f"[default port: {DEFAULT_PORT}; 0 for any]" in " ".join(call("sim", "--help").out.split())
    told = call("sim", "fill", "--help").out
    assert [name in told for name in ("[ORDER]", "--position-side", "[buy|sell]", "--account", "--at")] == [True] * 5
