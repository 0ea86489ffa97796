"""Never run, only type-checked: what the types promise to whoever writes against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_type

import venuekit
from venuekit import Account, Answer, Change, Credentials, Endpoint, Guard, Runtime, Venue, sync
from venuekit.capabilities import (
    Balance,
    BalanceReader,
    Candle,
    CandleReader,
    CloseReport,
    FundingRate,
    FundingRateReader,
    Income,
    IncomeKind,
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    LeverageSetting,
    MarginType,
    MarginTypeControl,
    OrderRequest,
    OrderType,
    Pager,
    Position,
    PositionCloseControl,
    PositionReader,
    Price,
    PriceReader,
    Support,
)
from venuekit.endpoint import Changing, Effect
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.pipeline import Event, Observer, RetryPolicy
from venuekit.plugin import HmacSigner, Secret, Signer, SignerFields, from_milliseconds
from venuekit.settings import Plan, Report, Target, apply, parse_target, plan
from venuekit.simulator.ledger import Ledger, LedgerOrderRequest, Side
from venuekit.sync import capabilities as blocking
from venuekit.testing import FakeTransport


class AcmeAccount(Account, LeverageControl):
    """An account of a venue that can do one thing."""

    __slots__ = ()

    async def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        """Return what holds."""
        return LeverageSetting(symbol, Decimal(1), Decimal(1))

    async def set_leverage(
        self, symbol: str, leverage: int | Decimal, *, side: object = None, margin_type: object = None
    ) -> LeverageSetting:
        """Return what holds now."""
        return LeverageSetting(symbol, Decimal(leverage), Decimal(leverage))


class NarrowAccount(Account, LeverageReader):
    """A promise cannot be narrowed: whoever holds a LeverageReader may pass a symbol by position."""

    __slots__ = ()

    async def get_leverage(self) -> LeverageSetting:  # type: ignore[override]
        """Return nothing of use."""
        raise LookupError


class PoorAccount(Account, LeverageControl):
    """An account class that leaves a promise out."""

    __slots__ = ()


def an_account_that_leaves_a_promise_out_cannot_be_made(account: Account) -> None:
    """Its class is abstract."""
    PoorAccount(account._session)  # type: ignore[abstract]


async def connecting_gives_the_venues_own_account(
    venue: Venue[AcmeAccount], credentials: Credentials, runtime: Runtime
) -> None:
    """By the venue its account class is known; by an id it is an Account, to be asked for capabilities."""
    async with venuekit.connect(venue, credentials, runtime=runtime, guard=Guard(read_only=True)) as account:
        assert_type(account, AcmeAccount)
        assert_type(await account.set_leverage("BTCUSD", 5), LeverageSetting)
        assert_type(account.with_options(deadline=1.0), AcmeAccount)
    async with venuekit.connect("acme_perp", credentials) as found:
        assert_type(found, Account)
        found.set_leverage("BTCUSD", 5)  # type: ignore[attr-defined]
    assert_type(await runtime.open(venue, credentials), AcmeAccount)
    venuekit.connect(AcmeAccount, credentials)  # type: ignore[call-overload]
    venuekit.connect("acme_perp", ("key", "secret"))  # type: ignore[call-overload]


def venues_are_covariant(venue: Venue[AcmeAccount]) -> Venue[Account]:
    """A venue of a certain account class is a venue."""
    return venue


def a_signer_returns_bytes(fields: SignerFields) -> Signer:
    """What a venue's own function gets and returns; a signer of texts is none."""

    class Texts:
        async def sign(self, payload: bytes) -> str:
            return payload.hex()

    def make_texts(fields: SignerFields) -> Texts:
        return Texts()

    assert_type(fields.fields["passphrase"], Secret)
    maker: Callable[[SignerFields], Signer] = make_texts  # type: ignore[assignment]
    return maker(fields) if fields.fields else HmacSigner(fields.secret, "sha512")


async def isinstance_narrows(account: Account) -> None:
    """What an account can do is visible in its type."""
    if isinstance(account, LeverageControl):
        assert_type((await account.set_leverage("BTCUSD", Decimal(5))).long, Decimal | None)
        account.get_balances()  # type: ignore[attr-defined]
    if isinstance(account, BalanceReader) and isinstance(account, PositionReader):
        assert_type(await account.get_balances(), tuple[Balance, ...])
        assert_type(await account.get_positions(symbol="BTCUSD"), tuple[Position, ...])


async def of_gives_the_capability(account: Account) -> None:
    """``of`` narrows like isinstance, and asks environment and account as well."""
    control = LeverageControl.of(account)
    assert_type(control, LeverageControl)
    assert_type(account.support(MarginTypeControl), Support)
    await control.set_leverage("BTCUSD", 5.0)  # type: ignore[arg-type]
    await control.set_leverage("BTCUSD", "5")  # type: ignore[arg-type]
    await control.set_leverage(5, "BTCUSD")  # type: ignore[arg-type]
    await MarginTypeControl.of(account).set_margin_type("BTCUSD", "isolated")  # type: ignore[arg-type]
    await MarginTypeControl.of(account).set_margin_type("BTCUSD", MarginType.ISOLATED)
    LeverageControl.of(control)  # type: ignore[arg-type]


SERVER_TIME: Endpoint[datetime] = Endpoint("GET", "/time", decode=lambda _: from_milliseconds(0))
SET_LEVERAGE = Endpoint("POST", "/leverage", decode=Changing(int), effect=Effect.SET)


async def a_capability_has_the_options_of_its_account(account: Account) -> None:
    """A view of it is the same capability, as docs/closing.md writes it."""
    control = PositionCloseControl.of(account)
    assert_type(control.with_options(deadline=0.5), PositionCloseControl)
    assert_type(await control.with_options(max_wait=5).flatten("BTCUSD", deadline=2), CloseReport)
    if isinstance(account, LeverageControl):
        assert_type(await account.with_options(expected=5).set_leverage("BTCUSD", 3), LeverageSetting)
    control.with_options(dead_line=0.5)  # type: ignore[call-arg]


async def call_gives_the_endpoints_type(account: Account) -> None:
    """A raw call is as typed as its endpoint."""
    assert_type(await account.call(SERVER_TIME), datetime)
    assert_type(await account.answer(SERVER_TIME), Answer[datetime])
    assert_type(await account.read_once(SERVER_TIME), datetime)
    change = await account.call(SET_LEVERAGE, symbol="BTCUSD", leverage=5)
    assert_type(change, Change[int])
    assert_type(change.answer, int | None)
    assert_type(change.changed, bool | None)
    await account.call("GET /time")  # type: ignore[arg-type]
    assert_type(account.behaviour(LeverageBehaviour), LeverageBehaviour)
    wrong: Endpoint[str] = SERVER_TIME  # type: ignore[assignment]
    del wrong


async def accounts_of_a_file_are_typed() -> None:
    """Those that have a capability are that capability, and the results of a call have its type."""
    async with venuekit.open_accounts("accounts.toml", "main", read_only=True) as accounts:
        assert_type(accounts, venuekit.Accounts)
        assert_type(accounts["main"], Account)
        assert_type(accounts.of(LeverageReader), Mapping[str, LeverageReader])
        named = await accounts.each(get_venue)
        assert_type(named.values["main"], Venue[Account])
        accounts.of(int)  # type: ignore[arg-type]


async def get_venue(account: Account) -> Venue[Account]:
    """Return the venue of an account."""
    return account.venue


async def settings_are_typed(target: Target, accounts: Mapping[str, Account], venue: Venue[Account]) -> None:
    """Plan and report are values with a type each."""
    planned = await plan(target, accounts)
    assert_type(planned, Plan)
    assert_type(await apply(planned, accounts), Report)
    assert_type(parse_target("").check({"main": venue}), Target)
    await apply(target, accounts)  # type: ignore[arg-type]


async def protocols_are_easy_to_meet(request: HttpRequest) -> None:
    """A function is an observer; the fake is a transport; money is never a float."""

    def note(event: Event) -> None:
        del event

    def loud(event: int) -> None:
        del event

    observer: Observer = note
    deaf: Observer = loud  # type: ignore[assignment]
    transport: Transport = FakeTransport(lambda _: HttpResponse(200, {}, b""))
    assert_type(await transport.send(request), HttpResponse)
    Guard(max_leverage=5.0)  # type: ignore[arg-type]
    RetryPolicy(5)  # type: ignore[call-arg]
    del observer, deaf


def books(ledger: Ledger) -> None:
    """Hand a ledger the words of the capabilities: there is one enumeration of each name."""
    ledger.book("USDT", IncomeKind.REBATE, Decimal(1))
    assert_type([row.kind for row in ledger.incomes()], list[IncomeKind])
    ledger.place(LedgerOrderRequest(symbol="BTCUSDT", side=Side.BUY, type=OrderType.MARKET, quantity=Decimal(1)))


async def opening_gives_the_venues_own_account(venue: Venue[AcmeAccount], credentials: Credentials) -> None:
    """By the venue its account class is known, by an id it is an Account; either is a block."""
    async with await venuekit.open(venue, credentials, guard=Guard(read_only=True)) as account:
        assert_type(account, AcmeAccount)
    other = await venuekit.open("acme_perp", credentials)
    assert_type(other, Account)
    await other.aclose()


async def prices_and_worth_are_typed(account: Account, accounts: Mapping[str, Account]) -> None:
    """One symbol or several give a mapping of prices, histories give pagers of their own values."""
    prices = await PriceReader.of(account).get_prices("BTCUSD")
    assert_type(prices, Mapping[str, Price])
    assert_type((await PriceReader.of(account).get_prices(["BTCUSD"]))["BTCUSD"].mark, Decimal | None)
    assert_type(CandleReader.of(account).iter_candles("BTCUSD", timedelta(hours=1)), Pager[Candle])
    assert_type(FundingRateReader.of(account).iter_funding_rates("BTCUSD"), Pager[FundingRate])
    desk = await venuekit.portfolio(accounts)
    assert_type(desk.equity, venuekit.Money | None)
    assert_type(desk.unknown, tuple[venuekit.UnknownFigure, ...])


def blocking_capabilities_have_the_types_of_the_capabilities(credentials: Credentials, request: OrderRequest) -> None:
    """A call gives its value itself, a history is an iterator, and accounts of a file are blocking, too."""
    with sync.connect("acme_perp", credentials, guard=Guard(read_only=True)) as account:
        assert_type(account, sync.Account)
        assert_type(blocking.LeverageControl.of(account), blocking.LeverageControl)
        assert_type(blocking.LeverageControl.of(account).set_leverage("BTCUSD", 5), LeverageSetting)
        assert_type(blocking.PositionReader.of(account).get_positions(), tuple[Position, ...])
        pager = blocking.IncomeReader.of(account).iter_income(kind=IncomeKind.FUNDING)
        assert_type(pager, sync.Pager[Income])
        assert_type(next(pager), Income)
        assert_type(account.support(blocking.LeverageControl), Support)
        assert_type(sync.run(LeverageReader.of(account.asynchronous).get_leverage, "BTCUSD"), LeverageSetting)
        blocking.LeverageControl.of(account).set_leverage(5, "BTCUSD")  # type: ignore[arg-type]
    with sync.open("acme_perp", credentials) as opened:
        assert_type(opened.with_options(deadline=5), sync.Account)
    with sync.open_accounts("accounts.toml", "main") as accounts:
        assert_type(accounts["main"], sync.Account)
        assert_type(accounts.of(blocking.LeverageReader)["main"], blocking.LeverageReader)
        found = accounts.each(lambda one: blocking.PositionReader.of(one).get_positions())
        assert_type(found.values["main"], tuple[Position, ...])
        assert_type(sync.fan_out(accounts, lambda one: one.venue.id).values["main"], str)
        assert_type(sync.flatten(*accounts.values(), all=True).values, Mapping[sync.Account, CloseReport])
        assert_type(sync.portfolio(accounts).equity, venuekit.Money | None)
        sync.check_order(accounts["main"].asynchronous, request)  # type: ignore[arg-type]
