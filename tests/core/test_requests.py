"""Requests of every shape reach the venue, over real sockets, and are told apart by every layer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from tests.core.request_shapes import ADD, ADD_TWICE, BEST, HISTORY, SET_LEVERAGE, SET_MANY, SETTINGS, SHAPES

from venuekit.account import Account
from venuekit.cli.commands import State
from venuekit.cli.declarations import endpoints_command
from venuekit.endpoint import Endpoint
from venuekit.errors import InvalidArgument, NotExecuted, OutcomeUnknown
from venuekit.plugins import Plugins
from venuekit.runtime import Runtime
from venuekit.simulator import Arrival, DropAfter, DropBefore, Simulation
from venuekit.testing import InstantClock, load_recorded
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit.venue import Limit
from venuekit_toy_perp import TOY_PERP

D = Decimal


@pytest.fixture
def clock() -> InstantClock:
    """The clock of both sides."""
    return InstantClock()


@pytest.fixture
async def sim(clock: InstantClock) -> AsyncIterator[Simulation]:
    """The made-up venue on a real socket."""
    async with Simulation((SHAPES,), clock=clock) as sim:
        yield sim


@pytest.fixture
async def account(sim: Simulation, clock: InstantClock, tmp_path: Path) -> AsyncIterator[Account]:
    """An account with a journal."""
    async with Runtime(clock=clock, journal=tmp_path) as runtime:
        account = await runtime.open(SHAPES, sim.credentials(SHAPES.id))
        sim.requests.clear()
        yield account


def _only(sim: Simulation) -> Arrival:
    (arrival,) = sim.requests
    return arrival


async def test_a_path_a_number_and_a_form(sim: Simulation, account: Account) -> None:
    """A setting with its symbol in the path and a JSON number is applied, and read back by a posted form."""
    change = await account.call(SET_LEVERAGE, contract="GEMUSD", leverage=D("7.0"))
    arrival = _only(sim)
    sim.requests.clear()
    (row,) = await account.call(SETTINGS, contract="GEMUSD")

    assert change.changed is True
    assert (arrival.request.path, arrival.path) == ("/contracts/GEMUSD/leverage", "/contracts/{contract}/leverage")
    assert (arrival.request.body, arrival.request.query) == (b'{"leverage":7.0}', "")
    assert arrival.parameters == {"contract": "GEMUSD", "leverage": D("7.0")}
    assert row.leverage == D(7)
    assert _only(sim).request.body == b"type=settings&contract=GEMUSD"
    assert (_only(sim).path, _only(sim).action) == ("/info", (("type", "settings"),))


async def test_an_array_is_one_list(sim: Simulation, account: Account) -> None:
    """A JSON array arrives as the list that the caller gave, with numbers as numbers."""
    changes = [{"contract": "GEMUSD", "leverage": D(11)}, {"contract": "TOYUSD", "leverage": D("12")}]

    change = await account.call(SET_MANY, changes=changes)

    assert [row.leverage for row in change.answer or ()] == [11, 12]
    assert _only(sim).request.body == b'[{"contract":"GEMUSD","leverage":11},{"contract":"TOYUSD","leverage":12}]'


async def test_a_part_of_a_path_is_data(sim: Simulation, account: Account) -> None:
    """A value with slashes, blanks and question marks stays one part of the path, as it was signed."""
    with pytest.raises(InvalidArgument, match=r"contract must be a part of the path /contracts/\{contract\}/best"):
        await account.call(BEST, contract="..")
    assert sim.requests == []
    with pytest.raises(Exception, match="no such contract"):
        await account.call(BEST, contract="a/b ?c=d%2F#é")

    assert _only(sim).request.path == "/contracts/a%2Fb%20%3Fc%3Dd%252F%23%C3%A9/best"
    assert _only(sim).parameters == {"contract": "a/b ?c=d%2F#é"}


@pytest.mark.parametrize("loss", [DropBefore(), DropAfter()])
async def test_a_lost_setting_is_read_back_by_post(sim: Simulation, account: Account, loss: Any) -> None:
    """A setting whose answer is lost is read back, by a read that is itself lost once and sent again."""
    sim.disturb(SHAPES.id, SET_LEVERAGE, loss)
    sim.disturb(SHAPES.id, SETTINGS, DropBefore())

    change = await account.call(SET_LEVERAGE, contract="GEMUSD", leverage=5)

    assert change.changed is None
    names = [arrival.endpoint_name for arrival in sim.requests]
    assert names.count(SETTINGS.name) >= 2
    assert sim.ledger.leverage("GEMUSD") == D(5)


async def test_reads_by_post_are_reads(sim: Simulation, account: Account) -> None:
    """They are sent again where their answer is lost, and pass while the account is halted."""
    sim.disturb(SHAPES.id, HISTORY, DropAfter(), times=2)
    account.halt()

    assert await account.call(HISTORY, contract="TOYUSD") == ()
    assert len(sim.requests) == 3


async def test_reads_by_post_are_remembered(sim: Simulation, account: Account) -> None:
    """One that is read once is not sent again, by its parameters and by its action."""
    first = await account.read_once(SETTINGS, contract="GEMUSD")

    assert await account.read_once(SETTINGS, contract="GEMUSD") is first
    assert await account.read_once(HISTORY, contract="GEMUSD") == ()
    assert [arrival.endpoint_name for arrival in sim.requests] == [SETTINGS.name, HISTORY.name]


async def test_reads_by_post_pay(clock: InstantClock) -> None:
    """They wait for their pool, as a read and not as a write."""
    venue = attrs.evolve(SHAPES, limits=(Limit("weight", amount=10, seconds=20),))
    async with Simulation((venue,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        account = await runtime.open(venue, sim.credentials(venue.id))
        began = clock.monotonic()
        for _ in range(7):
            await account.call(SETTINGS, contract="GEMUSD")
        assert clock.monotonic() == began
        await account.call(SETTINGS, contract="GEMUSD")

        assert clock.monotonic() > began + 15
        assert all(arrival.status == 200 for arrival in sim.requests)


async def test_operations_behind_one_path_are_told_apart(sim: Simulation, account: Account) -> None:
    """Each action has its own handler, disturbances and arrivals, also where one is another and a bit more."""
    sim.disturb(SHAPES.id, ADD_TWICE, DropAfter())
    await account.call(ADD, contract="TOYUSD", amount=D("0.5"))
    await account.call(ADD_TWICE, contract="TOYUSD", amount=D("0.25"))

    writes = [arrival for arrival in sim.requests if arrival.path == "/exchange"]
    assert [arrival.endpoint_name for arrival in writes] == [ADD.name, ADD_TWICE.name]
    assert [str(arrival.endpoint_name) for arrival in writes] == [
        "POST /exchange type=add",
        "POST /exchange times=2 type=add",
    ]
    assert writes[0].parameters == {"type": "add", "contract": "TOYUSD", "amount": D("0.5")}
    with pytest.raises(LookupError, match=r"has no POST /exchange; it has POST /exchange times=2 type=add, POST"):
        sim.disturb(SHAPES.id, ("POST", "/exchange"), DropAfter())


@attrs.frozen
class _Unknown:
    """A path or an action that the venue lacks."""

    endpoint: Endpoint[Any]
    status: int


@pytest.mark.parametrize(
    "unknown",
    [
        _Unknown(attrs.evolve(ADD, action={"type": "other"}), 405),
        _Unknown(attrs.evolve(BEST, path="/contracts/{contract}/worst"), 404),
        _Unknown(attrs.evolve(SETTINGS, verb="PUT"), 405),
    ],
)
async def test_what_the_venue_lacks_is_an_unknown_route(sim: Simulation, account: Account, unknown: _Unknown) -> None:
    """An unknown action is refused like an unknown verb of a known path, and arrives by the path that was sent."""
    parameters = {"contract": "TOYUSD", **({"amount": D(1)} if "amount" in unknown.endpoint.by_name else {})}
    with pytest.raises(Exception, match="there is no") as caught:
        await account.call(unknown.endpoint, **parameters)

    assert getattr(caught.value, "status", None) == unknown.status
    assert (sim.requests[0].path, sim.requests[0].action) == (sim.requests[0].request.path, ())


async def test_the_journal_finds_the_operation(sim: Simulation, clock: InstantClock, tmp_path: Path) -> None:
    """A write that a process left open is found again by verb, path and action, fences and resolves."""
    credentials = sim.credentials(SHAPES.id)
    async with Runtime(clock=clock, journal=tmp_path) as runtime:
        account = await runtime.open(SHAPES, credentials)
        sim.disturb(SHAPES.id, ADD_TWICE, DropAfter())
        sim.disturb(SHAPES.id, HISTORY, DropBefore(), times=50)
        with pytest.raises(OutcomeUnknown):
            await account.call(ADD_TWICE, contract="TOYUSD", amount=D("0.25"))
    sim.script.clear()

    async with Runtime(clock=clock, journal=tmp_path) as runtime:
        account = await runtime.open(SHAPES, credentials)
        (entry,) = account.unresolved
        assert entry.endpoint_name == ADD_TWICE.name
        assert SHAPES.endpoint_at(*entry.endpoint_name) is ADD_TWICE
        report = await account.resolve(entry)

    assert "it happened" in str(report)
    begun = _first_line(tmp_path)
    assert (begun["path"], begun["action"]) == ("/exchange", {"times": "2", "type": "add"})
    assert begun["parameters"] == {"contract": "TOYUSD", "amount": {"decimal": "0.25"}}


def _first_line(directory: Path) -> Any:
    """Return the first line of the only journal of a directory."""
    (lines,) = [path.read_bytes() for path in directory.rglob("*.jsonl")]
    return json.loads(lines.split(b"\n")[1])


async def test_a_lost_operation_is_proven_absent(sim: Simulation, account: Account) -> None:
    """One that never arrived is proven absent, by a read that is posted."""
    sim.disturb(SHAPES.id, ADD, DropBefore())

    with pytest.raises(NotExecuted):
        await account.call(ADD, contract="TOYUSD", amount=D(1))


def test_endpoints_of_one_name_are_refused() -> None:
    """Two endpoints that no request tells apart are refused by the venue, with the mend."""
    words = r"shapes_perp: POST /exchange type=add is declared twice: declare it once, or give each an action"
    with pytest.raises(ValueError, match=words):
        attrs.evolve(SHAPES, endpoints=(ADD, attrs.evolve(ADD)))
    other = attrs.evolve(BEST, path="/contracts/{id}/best", parameters=(attrs.evolve(BEST.parameters[0], name="id"),))
    words = r"shapes_perp: POST /contracts/\{id\}/best is the same as POST /contracts/\{contract\}/best: declare it"
    with pytest.raises(ValueError, match=words):
        attrs.evolve(SHAPES, endpoints=(BEST, other))


def _record(directory: Path, name: str, endpoint: Endpoint[Any], parameters: Any, answer: Any) -> None:
    case = {
        "source": "made up",
        "verb": endpoint.verb,
        "path": endpoint.path,
        "security": "signed",
        "parameters": parameters,
        "status": 200,
        "answer": answer,
    }
    action = {"action": dict(endpoint.action)} if endpoint.action else {}
    (directory / f"{name}.json").write_text(json.dumps({**case, **action}), encoding="utf-8")


async def test_recorded_requests_are_compared(tmp_path: Path) -> None:
    """The kit finds the endpoint of a recording by its action, and compares parameters of path, form and array."""
    leverage = {"contract": "GEMUSD", "leverage": 7}
    row = {"id": "1", "contract": "TOYUSD", "amount": 0.25, "at": 1_750_000_000_000}
    _record(tmp_path, "add", ADD, {"contract": "TOYUSD", "amount": 0.25}, row)
    _record(tmp_path, "add_twice", ADD_TWICE, {"contract": "TOYUSD", "amount": 0.25}, row)
    _record(tmp_path, "history", HISTORY, {"contract": "TOYUSD"}, {"changes": [row]})
    _record(tmp_path, "leverage", SET_LEVERAGE, {**leverage, "leverage": 0.5}, leverage)
    _record(tmp_path, "many", SET_MANY, {"changes": [leverage]}, [leverage])
    recorded = load_recorded(tmp_path)
    checks: Any = suite_of(Inventory(SHAPES, recorded))()

    for case in recorded:
        await checks.test_recorded_request(case)
        await checks.test_recorded_answer(case)
        checks.test_recorded_answer_belongs_to_an_endpoint(case)
    assert [case.name for case in recorded.of(ADD)] == ["add"]
    checks.test_simulated_venue_answers_every_endpoint()

    _record(tmp_path, "leverage", SET_LEVERAGE, {**leverage, "contract": "TOYUSD", "leverage": 8}, leverage)
    wrong = attrs.evolve(load_recorded(tmp_path).case("add"), action={"type": "gone"})
    with pytest.raises(AssertionError, match="add: no endpoint POST /exchange type=gone"):
        checks.test_recorded_answer_belongs_to_an_endpoint(wrong)


def test_endpoints_are_listed_with_their_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line shows path and action of each operation, and no such column where there is no action."""
    monkeypatch.setattr(Plugins, "venue", lambda _self, venue_id: SHAPES if venue_id == SHAPES.id else TOY_PERP)

    listed = CliRunner().invoke(endpoints_command, [SHAPES.id, "--json"], obj=State())
    with_actions = CliRunner().invoke(endpoints_command, [SHAPES.id], obj=State())
    without = CliRunner().invoke(endpoints_command, ["toy_perp"], obj=State())

    assert listed.exit_code == with_actions.exit_code == without.exit_code == 0
    rows = [(row["path"], row["action"]) for row in json.loads(listed.output)]
    assert ("/exchange", "times=2 type=add") in rows
    assert ("/contracts/{contract}/best", None) in rows
    assert "action" in with_actions.output.splitlines()[0]
    assert "action" not in without.output.splitlines()[0]
