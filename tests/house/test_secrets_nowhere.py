"""A whole session of every venue, and nothing that anybody can see afterwards holds a key, a secret or a signature."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import traceback
import warnings
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import Credentials, Runtime, Venue, errors
from venuekit.capabilities import (
    AccountReader,
    BalanceReader,
    LeverageBehaviour,
    LeverageControl,
    LeverageScope,
    MarginType,
    PositionReader,
    PositionSide,
    SettingsReader,
)
from venuekit.cli import main
from venuekit.credentials import redact
from venuekit.plugins import make_plugins
from venuekit.settings import apply, parse_target, plan, target_toml
from venuekit.simulator import CannedAnswer, Cut, DropAfter, DropBefore, Simulation, Truncate, simulation
from venuekit.simulator.access import SimKey, make_key
from venuekit.simulator.serve import write_accounts_file
from venuekit.testing import InstantClock, Watch, plugins_with
from venuekit.testing.conformance.secrets import find_leaks

VENUES = make_plugins().venue_ids()


@attrs.define(repr=False)
class Session:
    """What is done with one account, and every text that came of it."""

    sim: Simulation
    venue: Venue[Any]
    watch: Watch
    seen: list[str] = attrs.field(factory=list)

    async def hear(self, call: Callable[[], Awaitable[Any]]) -> BaseException | None:
        """Do something, and keep whatever it returns or raises, as a debugger, a logger or a user would see it."""
        try:
            self.seen.append(repr(await call()))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must hold no secret
            self.keep(error)
            return error
        return None

    def keep(self, error: BaseException) -> None:
        """Keep an error: its texts, attributes and notes, and its traceback with the variables of every frame."""
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.seen += ["".join(told.format()), str(error), repr(error), repr(vars(error)), repr(error.args)]

    @property
    def own(self) -> SimKey:
        """The trading key in the form of the venue."""
        return self.sim.key_of(self.venue.id)

    def secrets(self) -> dict[str, str]:
        """Return everything that must not be seen, by what it is."""
        own, reading = self.own, self.sim.key_of(self.venue.id, read_only=True)
        planted = {"key": own.key, "secret": own.secret, "read-only secret": reading.secret}
        planted |= {one.name: own.fields[one.name] for one in self.venue.credential_fields if one.secret}
        return planted | {f"signature {number}": one for number, one in enumerate(self.watch.signatures)}


def _set_leverage(account: Any, *arguments: Any, **options: Any) -> Awaitable[Any]:
    """Set a leverage, the long one where each side has its own."""
    if LeverageScope.SIDE in account.venue.behaviour(LeverageBehaviour).scope:
        options["side"] = PositionSide.LONG
    return LeverageControl.of(account).set_leverage(*arguments, **options)


def _leverage_endpoint(venue: Venue[Any]) -> Any:
    return next(one for one in venue.endpoints if one.is_write and LeverageControl.set_leverage in one.serves)


async def _reads(session: Session, account: Any, symbol: str) -> None:
    await session.hear(BalanceReader.of(account).get_balances)
    await session.hear(PositionReader.of(account).get_positions)
    await session.hear(lambda: SettingsReader.of(account).get_settings([symbol]))
    if account.support(AccountReader):
        await session.hear(AccountReader.of(account).get_account)
    session.seen += [repr(account.support(capability)) for capability in session.venue.unsupported]
    for endpoint in session.venue.endpoints:
        if BalanceReader.get_balances in endpoint.serves:
            for trouble in _troubles(session.own):
                session.sim.disturb(session.venue.id, endpoint, trouble, times=4)
                with warnings.catch_warnings(record=True) as warned:
                    warnings.simplefilter("always")
                    error = await session.hear(BalanceReader.of(account).get_balances)
                assert error or warned  # a read that balances do without is warned of
                session.seen += [str(warning.message) for warning in warned]
                session.sim.script.clear()


def _troubles(own: SimKey) -> tuple[Any, ...]:
    """Return what can go wrong, two times with a venue that repeats what must not be shown."""
    echo = f"apiKey={own.key}&secret={own.secret}"
    words = f"{'x' * 100} the key {own.key} with {own.secret[:-1]}{own.secret[-1]} is not known here"
    return (
        DropBefore(),
        Truncate(1),
        Cut(1),
        Cut(0),
        CannedAnswer.html(200),
        CannedAnswer.html(502),
        CannedAnswer(400, echo.encode()),
        CannedAnswer(400, words.encode()),
        CannedAnswer.json(400, {"code": -1099, "msg": words, "retCode": 10003, "retMsg": words}),
        CannedAnswer(200, f"<html>{echo}</html>".encode()),
    )


async def _writes(session: Session, account: Any, symbol: str) -> None:
    """Set, refuse, lose: every way a write can end."""
    endpoint = _leverage_endpoint(session.venue)
    await session.hear(lambda: _set_leverage(account, symbol, 7))
    await session.hear(lambda: _set_leverage(account, "NOSUCHTHING", 7))
    await session.hear(lambda: _set_leverage(account, symbol, Decimal("0.0000001")))
    await session.hear(lambda: _set_leverage(account, symbol, 3, margin_type=MarginType.CROSS))
    for number, trouble in enumerate((DropAfter(), *_troubles(session.own))):
        session.sim.disturb(session.venue.id, endpoint, trouble, times=4)
        error = await session.hear(partial(_set_leverage, account, symbol, 8 + number))
        session.sim.script.clear()
        if isinstance(error, errors.OutcomeUnknown):
            await session.hear(error.resolve)
    session.sim.disturb(session.venue.id, endpoint, DropBefore(), times=4)
    patient = account.with_options(max_wait=100)  # lost ones before may arrive for a minute
    with contextlib.suppress(asyncio.CancelledError):
        late = asyncio.ensure_future(_set_leverage(patient, symbol, 4))
        await asyncio.sleep(0)
        late.cancel()
        await late
    await session.hear(lambda: _set_leverage(account.with_options(deadline=1e-6), symbol, 5))
    session.sim.script.clear()


async def _strangers(session: Session, runtime: Runtime) -> None:
    """Open accounts that the venue refuses: wrong key, wrong secret, a clock that is off, nobody there."""
    sim, venue = session.sim, session.venue
    rest = sim.rest(venue.id)
    own, other = session.own, sim.make_stranger(venue.id)
    for credentials in (
        Credentials.sim(rest, other.key, own.secret, fields=own.fields),
        Credentials.sim(rest, own.key, other.secret, fields=own.fields),
        Credentials.sim("http://127.0.0.1:9/nobody", own.key, own.secret, fields=own.fields),
    ):
        session.seen.append(repr(credentials))

        async def open_and_read(credentials: Credentials = credentials) -> Any:
            account = await runtime.open(venue, credentials)
            return await BalanceReader.of(account).get_balances()

        assert await session.hear(open_and_read)
    read_only = await runtime.open(venue, sim.credentials(venue.id, read_only=True))
    assert await session.hear(lambda: _set_leverage(read_only, sim.scenario(venue.id).flat, 9))


async def _settings(session: Session, account: Any) -> None:
    target = {"main": {"venue": session.venue.id, **session.sim.scenario(session.venue.id).target}}
    wanted = parse_target(target_toml(target)).check({"main": session.venue})
    planned = await plan(wanted, {"main": account})
    session.sim.disturb(session.venue.id, _leverage_endpoint(session.venue), DropAfter())
    report = await apply(planned, {"main": account})
    session.seen += [repr(planned), repr(planned.rows()), repr(report), repr(report.rows())]


@pytest.mark.parametrize("lengths", [(64, 64), (18, 36)], ids=str)
@pytest.mark.parametrize("venue_id", VENUES)
async def test_a_planted_secret_is_found_nowhere(
    venue_id: str,
    lengths: tuple[int, int],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Values, errors, tracebacks with variables, logs at DEBUG, events, warnings, journal and plan are all clean."""

    def cut(*args: Any, **options: Any) -> Any:
        key = make_key(*args, **options)
        return attrs.evolve(key, key=key.key[: lengths[0]], secret=key.secret[: lengths[1]])

    monkeypatch.setattr(simulation, "make_key", cut)
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(lengths != (64, 64))  # it keeps a traceback of each callback
    venue, watch, clock = make_plugins().venue(venue_id), Watch(), InstantClock()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with (
            Simulation((venue,), clock=clock) as sim,
            Runtime(plugins=plugins_with(watch), clock=clock, journal=tmp_path / "journal") as runtime,
        ):
            session = Session(sim, venue, watch)
            account = await runtime.open(venue, sim.credentials(venue_id), keep_raw=True)
            symbol = sim.scenario(venue_id).flat
            await _reads(session, account, symbol)
            await _writes(session, account, symbol)
            for entry in account.unresolved:
                session.seen.append(repr(entry))
                await session.hear(partial(account.resolve, entry))
            await _strangers(session, runtime)
            await _settings(session, account)
            session.seen += [repr(account), repr(runtime), repr(account._session), repr(account._session.wire)]
        gc.collect()
    session.seen += [repr(event) + str(event.error) + repr(vars(event.error or object)) for event in watch.events]
    session.seen += [str(one.message) for one in warned]
    session.seen += [path.read_text(encoding="utf-8") for path in (tmp_path / "journal").iterdir()]
    session.seen += [caplog.text, *(repr(vars(record)) for record in caplog.records)]

    assert len(watch.signatures) > 20
    assert len(session.seen) > 100
    leaks = find_leaks(session.seen, session.secrets().values())
    found = {
        what: _around(text, secret) for text in leaks for what, secret in session.secrets().items() if secret in text
    }
    assert not leaks, found


def _around(text: str, secret: str) -> str:
    """Return where a secret was found, itself hidden."""
    at = text.index(secret)
    return redact(text[max(0, at - 300) : at].rpartition('File "')[2] + "<here>" + text[at + len(secret) :][:60])


#: all but the toy whose few requests in ten seconds would be waited for
SERVED = [one for one in VENUES if one != "toy_swap"]


@pytest.mark.venuekit(*SERVED)
def test_the_command_line_shows_no_secret(
    venuekit_sim: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output, errors, --json and the accounts file itself hold references only, whatever goes wrong."""
    accounts, target = tmp_path / "accounts.toml", tmp_path / "target.toml"
    venuekit_sim.call(lambda sim: write_accounts_file(accounts, sim))
    target.write_text(
        venuekit_sim.call(
            lambda sim: target_toml({one: {"venue": one, **sim.scenario(one).target} for one in sim.venue_ids})
        )
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(venuekit, "Runtime", partial(Runtime, journal=tmp_path / "journal"))
    setting = ["leverage", VENUES[0], venuekit_sim.call(lambda sim: sim.scenario(VENUES[0]).flat), "6"]
    for words in (
        ["balances", "--json"],
        ["account"],
        ["positions"],
        ["plan", str(target)],
        ["apply", str(target), "--json"],
        ["apply", str(target)],
        ["leverage", VENUES[0], "NOSUCHTHING", "5"],
        ["leverage", VENUES[0], "NOSUCHTHING", "ten"],
        ["resolve"],
        ["accounts", "check"],
        ["--log", "events.jsonl", *setting],
        ["journal", "--directory", "journal"],
        ["journal", "--directory", "journal", "--jsonl", "written.jsonl"],
    ):
        main(words)
    monkeypatch.setenv("VENUEKIT_BUDGET", "redis://me:w0rd-of-a-server@127.0.0.1:1/0")
    main(["budget"])
    main(["balances", VENUES[0]])
    monkeypatch.delenv("VENUEKIT_BUDGET")
    wrong = tmp_path / "accounts.toml.sim-secret"
    wrong.write_text(venuekit_sim.secret[::-1])
    main(["balances"])
    main(["balances", "--json"])
    main(["accounts", "check", "--json"])
    accounts.write_text(accounts.read_text().replace("file:accounts.toml.sim-secret", venuekit_sim.secret))
    main(["balances"])
    shown = capfd.readouterr()
    kept = accounts.read_text().replace(f'"{venuekit_sim.secret}"', "")  # the literal of the last call

    texts = shown.out + shown.err + kept + Path("events.jsonl").read_text() + Path("written.jsonl").read_text()
    assert "a literal is refused" in shown.err
    assert len(texts) > 3000
    assert '"set_leverage"' in texts
    assert "redis://127.0.0.1:1" in shown.err
    for secret in (venuekit_sim.key, venuekit_sim.secret, venuekit_sim.secret[::-1], "w0rd-of-a-server"):
        assert secret not in texts
