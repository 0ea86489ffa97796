"""Aster by a wallet: what is signed and sent, nonces and their window, and credentials that are none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from tests.plugins.binance.exchange import shape

import venuekit
from venuekit.capabilities import BalanceReader, OrderRequest, OrderSide, OrderType
from venuekit.credentials import Credentials
from venuekit.errors import (
    AuthenticationFailed,
    ConfigurationError,
    CredentialsError,
    InvalidArgument,
    NotExecuted,
    OutcomeUnknown,
)
from venuekit.faults import Fault
from venuekit.plugin import NonceRule, RequestExpiry
from venuekit.plugins import make_plugins
from venuekit.request_bounds import fence_of
from venuekit.simulator import ApplyLater, DropAfter, DropBefore, SimRequest, Simulation
from venuekit.testing.clocks import LoopClock
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit.testing.staged import on_stage
from venuekit_binance_usdm.aster import wallet
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.venue import VENUE, VENUE_V1
from venuekit_binance_usdm.aster.wallet import CHAIN_ID, DOMAIN, TypedText, find_signer

D = Decimal
ID = "aster_usdm"
RECORDED = load_recorded(find_recorded(VENUE))
_NONCE = 1_000_000
ORDER = OrderRequest(
    symbol="ETHUSDT", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=D("0.1"), price=D(2000), client_id="mine-1"
)


@asynccontextmanager
async def opened(scenario: str = "flat", **options: Any) -> AsyncIterator[tuple[Simulation, Any]]:
    """Open the simulated venue and an account of it, on a clock that leaps over waiting."""
    clock = LoopClock()
    async with (
        venuekit.simulate(ID, scenario=scenario, clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(ID, sim.credentials(ID), runtime=runtime, **options) as account,
    ):
        await asyncio.sleep(1)
        sim.requests.clear()
        yield sim, account


def sent(sim: Simulation) -> list[SimRequest]:
    """Return the requests that arrived, signed ones."""
    return [one.request for one in sim.requests if "signature" in one.request.parameters]


def nonces(sim: Simulation) -> list[int]:
    """Return the nonces of the requests that arrived, in the order of their arrival."""
    return [int(one.parameters["nonce"]) for one in sent(sim)]


# -- the declaration


def test_it_is_declared_beside_the_one_of_api_keys() -> None:
    """Both have a realm, and so the limits of an address; one has the paths of V3, the other those of V1."""
    assert make_plugins().venue(ID) is VENUE
    assert (VENUE.realm, VENUE.limits) == (VENUE_V1.realm, VENUE_V1.limits)
    assert {endpoint.path.split("/")[2] for endpoint in VENUE.endpoints} == {"v3"}
    assert {endpoint.path.split("/")[2] for endpoint in VENUE_V1.endpoints} == {"v1", "v2", "v4"}
    assert len(VENUE.endpoints) == len(VENUE_V1.endpoints)
    assert VENUE.unsupported.keys() == VENUE_V1.unsupported.keys()


def test_a_nonce_is_a_time_that_is_valid_for_a_minute() -> None:
    """The fence of a request is its nonce, the window and the tolerance; no option makes it shorter."""
    assert (VENUE.nonce, VENUE.expiry) == (NonceRule(1_000_000), RequestExpiry.WINDOW)
    assert VENUE.recv_window_least == VENUE.recv_window == VENUE.recv_window_most == 60_000
    assert fence_of(1_000, VENUE.recv_window) == 1_000 + 60_000 + 1_000


@pytest.mark.parametrize(
    ("code", "words", "fault"),
    [
        (-4225, "Nonce Expired", Fault.CLOCK),
        (-1000, "Signature check failed", Fault.AUTHENTICATION),
        (-1000, "An unknown error occured while processing the request.", Fault.UNKNOWN_OUTCOME),
        (-1022, "Signature for this request is not valid.", Fault.AUTHENTICATION),
        (-5050, "This function can only be used after deposit.", Fault.PERMISSION),
        (-4028, "Leverage 200 is not valid", Fault.INVALID),
    ],
)
def test_refusals_of_wallets_are_known(code: int, words: str, fault: Fault) -> None:
    """Nonces, signatures and deposits have codes of their own; the others mean the same as with API keys."""
    assert VENUE.faults.classify(400, code, words) is fault
    row = VENUE.faults.row(401, -2015, "Invalid API-key, IP, or permissions for action.")
    assert row is not None
    assert "approved the signer" in row.mend


# -- what is sent


@pytest.mark.looptime
async def test_a_wallet_signs_what_is_sent() -> None:
    """A read has everything in its query, a write in a form; user, signer and nonce are signed, and no header is."""
    async with opened() as (sim, account):
        await account.get_positions(symbol="ETHUSDT")
        await account.set_leverage("ETHUSDT", 7)
        key = sim.key_of(ID)
        requests = sent(sim)

    assert [one.verb for one in requests] == ["GET", "POST"]
    for request in requests:
        query, body = request.query, request.body.decode()
        assert bool(query) is (request.verb == "GET")
        assert bool(body) is (request.verb != "GET")
        text, _, signature = (query or body).partition("&signature=0x")
        digest = TypedText(DOMAIN, CHAIN_ID).digest(text.encode())
        assert find_signer(digest, bytes.fromhex(signature)) == key.fields["signer"]
        assert list(dict(parse_qsl(text)))[-3:] == ["nonce", "user", "signer"]
        assert dict(parse_qsl(text))["user"] == key.key
        assert not {name.lower() for name in request.headers} & {"x-mbx-apikey"}


@pytest.mark.looptime
async def test_nonces_are_times_and_none_comes_twice() -> None:
    """Fifty reads at once, by two accounts of one wallet: each has a nonce of its own, a microsecond of now."""
    async with opened() as (sim, account):
        runtime_mate = account.with_options(deadline=20)
        await asyncio.gather(*(one.get_balances() for one in (account, runtime_mate) for _ in range(25)))
        told, now = nonces(sim), sim.milliseconds()

    assert len(set(told)) == len(told) == 50
    assert all(abs(nonce - now * 1000) < 5 * _NONCE for nonce in told)


# -- the venue's side


@pytest.fixture(name="arrived")
async def capture_request() -> AsyncIterator[tuple[Simulation, SimRequest]]:
    """A signed read that was answered, and the venue that answered it."""
    async with on_stage(VENUE, "flat") as stage:
        account: Any = stage.account
        await account.get_balances()
        yield stage.simulation, stage.simulation.requests[-1].request


def refusal(sim: Simulation, request: SimRequest) -> tuple[int, bytes]:
    """Return status and body of the answer to a request."""
    answer = sim.answer(ID, request)
    return answer.status, answer.body


async def test_the_venue_refuses_a_nonce_for_the_second_time(arrived: tuple[Simulation, SimRequest]) -> None:
    """The same bytes are answered once."""
    sim, request = arrived
    assert refusal(sim, request) == (400, b'{"code":-4225,"msg":"Nonce Expired"}')


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda query: query.replace("nonce=1", "nonce=2"), b"-1022"),
        (lambda query: query.replace("signature=0x", "signature=0x00"), b"-1022"),
        (lambda query: query.replace("signature=0x", "signature="), b"-4225"),
        (lambda query: f"{query}&a=1", b"-1022"),
        (lambda query: query.partition("&signature")[0], b"-1102"),
        (lambda query: query.replace("nonce=", "nonsense="), b"-1102"),
        (lambda query: query.replace("user=0x", "user=0y"), b"-2015"),
        (lambda query: query.replace("signer=0x", "signer=0y"), b"-2015"),
    ],
    ids=("nonce", "long signature", "without 0x", "signature not last", "no signature", "no nonce", "user", "signer"),
)
async def test_the_venue_verifies_what_was_signed(
    arrived: tuple[Simulation, SimRequest], spoil: Callable[[str], str], code: bytes
) -> None:
    """A changed text is refused, before the nonce is looked at; a signature may be written without 0x."""
    sim, request = arrived
    status, body = refusal(sim, attrs.evolve(request, query=spoil(request.query)))
    assert (status in {400, 401}, code in body) == (True, True)


async def test_the_venue_knows_a_nonce_for_a_minute_and_a_hundred(arrived: tuple[Simulation, SimRequest]) -> None:
    """One that is a minute away is refused on either side, and one below a hundred others, too."""
    sim, _ = arrived
    simulated: Any = sim._service(ID).simulated
    signer = sim.key_of(ID).fields["signer"].lower()
    now = sim.milliseconds()

    def asks(nonce: int) -> SimRequest:
        return SimRequest.of("GET", "/", query=f"nonce={nonce}")

    for away in (-60_000, 60_000):
        assert simulated._check_nonce(asks((now + away) * 1000), now) == (now + away) * 1000
        with pytest.raises(Exception, match="status 400"):
            simulated._check_nonce(asks((now + away) * 1000 + (1 if away > 0 else -1)), now)
    for number in range(1, 101):
        simulated._remember(signer, now * 1000 + 1000 + number)
    with pytest.raises(Exception, match="status 400"):
        simulated._remember(signer, now * 1000 + 1000)
    simulated._remember(signer, now * 1000 + 1000 + 101)


# -- clocks, and lost requests


@pytest.mark.looptime
async def test_a_clock_that_runs_away_is_measured_again() -> None:
    """A nonce that the venue finds too old is refused; the clock is measured, and the read is sent once more."""
    async with opened() as (sim, account):
        sim.skew(120)
        assert await account.get_balances()
        refused, answered = [one for one in sim.requests if one.path == "/fapi/v3/balance"]
    assert refused.status == 400
    assert answered.status == 200


@pytest.mark.looptime
async def test_a_lost_order_is_proven_absent_behind_its_fence() -> None:
    """A minute and a second behind its nonce it cannot arrive any more."""
    async with opened() as (sim, account):
        sim.disturb(ID, ASTER.ORDERS.place, DropBefore())
        begun = account.monotonic()
        with pytest.raises(NotExecuted):
            await account.with_options(deadline=120, max_wait=120).place_order(ORDER)
        assert account.monotonic() - begun > 61
        assert not sim.ledger.orders("ETHUSDT")


@pytest.mark.looptime
async def test_a_lost_order_that_arrived_is_found() -> None:
    """Its client id finds it at once, and nothing is sent twice."""
    async with opened() as (sim, account):
        sim.disturb(ID, ASTER.ORDERS.place, DropAfter())
        order = await account.place_order(ORDER)
        assert order.client_id == "mine-1"
        assert [one.verb for one in sim.requests].count("POST") == 1


@pytest.mark.looptime
async def test_a_write_that_is_held_back_past_its_fence_is_not_applied() -> None:
    """The matching engine looks at the nonce, too, so that a fence is one."""
    async with opened() as (sim, account):
        sim.disturb(ID, ASTER.ORDERS.place, ApplyLater(62))
        with pytest.raises(OutcomeUnknown):
            await account.with_options(deadline=5, max_wait=5).place_order(ORDER)
        await account.pause(70)
        assert not sim.ledger.orders("ETHUSDT")


@pytest.mark.looptime
async def test_the_window_is_the_venues() -> None:
    """No shorter one is taken, since the venue would not know of it."""
    async with opened() as (_, account):
        with pytest.raises(InvalidArgument, match="recv_window must be 60000 ms, as the venue fixes it"):
            await account.with_options(recv_window=5000).get_balances()


@pytest.mark.looptime
async def test_countdown_block_lives_with_the_fixed_window() -> None:
    """A countdown is armed, renewed and disarmed, though its beats cannot be valid for less than a minute."""
    async with opened() as (sim, account):
        async with account.countdown("ETHUSDT", 30):
            await asyncio.sleep(25)
        beats = [one.request.parameters["countdownTime"] for one in sim.requests if "countdownTime" in str(one.path)]
        told = [one.request.text("countdownTime") for one in sim.requests if one.path.endswith("countdownCancelAll")]
    assert beats == []
    assert told == ["30000", "30000", "30000", "0"]


# -- credentials


def spoiled(sim: Simulation, **texts: str | None) -> Credentials:
    """Return credentials with other texts; None leaves a field out."""
    key = sim.key_of(ID)
    plain = {"key": key.key, "secret": key.secret, **key.fields} | texts
    fields = {name: text for name, text in plain.items() if name not in {"key", "secret"} and text is not None}
    return Credentials.sim(sim.rest(ID), str(plain["key"]), str(plain["secret"]), fields=fields)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"key": "0x12"}, "the key is no wallet's address, which is 0x and 40 hexadecimal digits"),
        ({"key": "k" * 64}, "the key is no wallet's address, .* an API key is one of aster_usdm_v1"),
        ({"secret": "s" * 64}, "the secret is no wallet's private key, which is 64 hexadecimal digits"),
        ({"secret": "0" * 64}, "the secret is no wallet's private key: its number is outside the curve"),
        ({"secret": "1" * 64}, "the secret is not the private key of the signer, but of another wallet"),
        ({"signer": "0x" + "ab" * 20}, "the signer is no wallet's address as wallets show it"),
        ({"signer": None}, r"needs signer: the address of the API wallet \(agent\)"),
        ({"passphrase": "word"}, "takes no passphrase; it takes key, secret, signer"),
    ],
    ids=("short key", "API key", "no key", "zero", "another wallet", "no checksum", "no signer", "a field too many"),
)
async def test_texts_that_are_no_wallets_are_refused(texts: dict[str, str | None], words: str) -> None:
    """One sentence says which text and why, shows none of them, and nothing is sent."""
    async with venuekit.simulate(ID) as sim:
        with pytest.raises(CredentialsError, match=words) as caught:
            async with venuekit.connect(ID, spoiled(sim, **texts)):
                pytest.fail("it was opened")
        assert not sim.requests
        shown = f"{caught.value!r} {caught.value}"
        own = sim.key_of(ID)
        assert not any(
            text in shown for text in (own.key, own.secret, *(t for t in texts.values() if t and len(t) > 9))
        )
        assert "\n" not in str(caught.value)


async def test_a_signer_that_the_user_has_not_approved_is_refused() -> None:
    """The venue says that it knows no such pair; the mend says what may be wrong."""
    async with venuekit.simulate(ID) as sim:
        stranger = sim.make_stranger(ID)
        credentials = spoiled(sim, secret=stranger.secret, signer=stranger.fields["signer"])
        with pytest.raises(AuthenticationFailed, match=r"-2015 .*has not approved the signer"):
            async with venuekit.connect(ID, credentials) as account:
                await BalanceReader.of(account).get_balances()


async def test_without_the_extra_the_account_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue is known, its account and its simulated venue are not opened."""
    async with venuekit.simulate(ID) as sim:
        credentials = sim.credentials(ID)
        monkeypatch.setattr(wallet, "_MODULES", ("no_such_package",))
        assert make_plugins().venue(ID) is VENUE
        with pytest.raises(ConfigurationError, match=r"pip install 'venuekit-binance-usdm\[aster\]'"):
            async with venuekit.connect(ID, credentials):
                pytest.fail("it was opened")
        assert not sim.requests
    with pytest.raises(venuekit.errors.PluginError, match=r"venuekit-binance-usdm\[aster\]"):
        venuekit.simulate(ID)


@pytest.mark.parametrize(
    ("endpoint", "case", "parameters"),
    [
        (ASTER.BALANCE, "get_fapi_v3_balance", {}),
        (ASTER.ACCOUNT, "get_fapi_v3_accountWithJoinMargin", {}),
        (ASTER.POSITION_RISK, "get_fapi_v3_positionRisk", {"symbol": "BTCUSDT"}),
    ],
    ids=str,
)
async def test_answers_have_the_documented_shape(endpoint: Any, case: str, parameters: dict[str, Any]) -> None:
    """Every documented field is there, no other one is, and each has its JSON type."""
    async with on_stage(VENUE, "holding") as stage:
        session: Any = stage.account._session
        encoded = session.wire.encode(endpoint, parameters)
        nonce = stage.simulation.milliseconds() * 1000 + 1
        request = await session.wire.sign(encoded, endpoint.security, nonce // 1000, VENUE.recv_window, nonce)
        response = await session.wire.send(request)

    assert shape(json.loads(response.body)) == shape(json.loads(RECORDED.case(case).body))
