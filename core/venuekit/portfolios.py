"""Portfolio: accounts side by side, with their worth in USD, their risk, and the unknown parts by name."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import attrs

from venuekit._util.decimals import EXACT, total
from venuekit.account import Account
from venuekit.account_check import check_accounts
from venuekit.account_figures import settle_of, usd_rates
from venuekit.account_worth import AccountState, AccountWorth, MarketState, OddRows, UnknownFigure, count_worth
from venuekit.capabilities import (
    AccountInfo,
    AccountReader,
    Balance,
    BalanceReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    Position,
    PositionReader,
    Price,
    PriceReader,
)
from venuekit.errors import InvalidRequest, OddRow, OperationError, VenueError
from venuekit.fleet import fan_out
from venuekit.parts.concurrency import gather, gather_all
from venuekit.payloads import gather_odd_rows
from venuekit.valuation import USD, Money, Valuation

_ZERO, _ONE = Decimal(0), Decimal(1)
V = TypeVar("V")
#: the worth of one unit of the first asset in the second one
_Rates: TypeAlias = Mapping[tuple[str, str], Decimal | int]


@attrs.frozen
class Portfolio:
    """
    Accounts side by side.

    Sums count an account once that is there under several names (``AccountWorth.same_as``).

    Attributes:
        accounts: Those that could be read, by name.
        errors: The errors of the others.
        unknown: Each figure that is not known, of all accounts: sums that lack it are None.
    """

    accounts: Mapping[str, AccountWorth]
    errors: Mapping[str, Exception]
    unknown: tuple[UnknownFigure, ...]

    @property
    def equity(self) -> Money | None:
        """The equity of all accounts in USD, None where that of one is unknown; ``known_equity`` leaves it out."""
        is_whole = not self.errors and all(one.equity is not None for one in self._each_once())
        return self.known_equity if is_whole else None

    @property
    def known_equity(self) -> Money:
        """The equity in USD of the accounts whose equity is known: a part of the whole where ``equity`` is None."""
        known = [one.equity for one in self._each_once() if one.equity is not None]
        path = dict.fromkeys(name for one in known for name in one.path)
        return Money(total(one.amount for one in known), USD, tuple(path))

    @property
    def exposure(self) -> Mapping[str, Decimal]:
        """
        The base asset that the open positions move with, long > 0, by asset; wallets are not in it.

        A position of unknown exposure is in none of the sums, and listed in ``unknown``.
        """
        sums: dict[str, Decimal] = {}
        for account in self._each_once():
            for one in account.positions:
                if one.base is not None and one.exposure is not None:
                    sums[one.base] = EXACT.add(sums.get(one.base, _ZERO), one.exposure)
        return sums

    def _each_once(self) -> list[AccountWorth]:
        return [one for one in self.accounts.values() if one.same_as is None]


async def portfolio(
    accounts: Mapping[str, Account],
    *,
    rates: Mapping[tuple[str, str], Decimal | int] | None = None,
    at_once: int = 32,
    deadline: float | None = None,
) -> Portfolio:
    """
    Read accounts side by side and return their worth and risk.

    Each is read by its balances, positions and account as a whole; instruments and prices once for all accounts of a
    venue. An account that cannot be read is in ``errors``, and the others continue.

    The worth of an account in USD depends on no other account: prices of its own venue, the venue's own figures of its
    balances, and ``rates`` lead there.

    Args:
        accounts: The accounts by name, such as those of ``venuekit.open_accounts``.
        rates: The worth of one unit of the first asset in the second one, for what no price says:
            ``{("USDT", "USD"): Decimal(1)}``. No stablecoin is taken for its currency without that.
        at_once, deadline: As for ``venuekit.fan_out``.

    Raises:
        InvalidArgument: not every value is an open account.
        ValueError: ``at_once`` is no number from 1 up, the deadline none above 0, or a rate no Decimal or whole number
            above 0.
    """
    check_accounts(accounts, portfolio.__name__)
    Valuation({}, (), rates)  # a wrong rate is an error before anything is read
    states = await fan_out(accounts, _read_state, at_once=at_once, deadline=deadline)
    # a rate that was handed in comes before one that the venue's own figures of the account imply
    rates_of = {name: {**usd_rates(state.best_balances), **(rates or {})} for name, state in states.values.items()}
    markets: dict[int, list[str]] = {}
    for name in states.values:
        markets.setdefault(_market_of(accounts[name]), []).append(name)
    read = await gather_all(
        _read_market(_until(accounts[names[0]], deadline), [(states.values[name], rates_of[name]) for name in names])
        for names in markets.values()
    )
    market_of = {name: market for names, market in zip(markets.values(), read, strict=True) for name in names}
    worths = {
        name: count_worth(name, accounts[name].venue.id, state, market_of[name], valuation)
        for name, state in states.values.items()
        for valuation in (_valuation(state, market_of[name], rates_of[name]),)
    }
    worths = _note_same(worths, {name: (accounts[name].venue.id, *accounts[name].identity) for name in worths})
    errors: dict[str, Exception] = dict(states.errors)
    for name in states.not_run:
        errors[name] = TimeoutError(f"{name} was not read: the deadline of {deadline} s passed")
    unknown = [one for worth in worths.values() for one in worth.unknown]
    unknown += [UnknownFigure(name, "account", None, str(error)) for name, error in errors.items()]
    return Portfolio(worths, errors, tuple(unknown))


def _note_same(
    worths: Mapping[str, AccountWorth], identities: Mapping[str, tuple[str, ...]]
) -> dict[str, AccountWorth]:
    """Return the accounts with the name of the one that each is, too: of each identity the one that is known best."""
    best: dict[tuple[str, ...], str] = {}
    for name in sorted(worths, key=lambda name: (worths[name].equity is None, len(worths[name].unknown))):
        best.setdefault(identities[name], name)
    of = {name: best[identities[name]] for name in worths}
    return {name: one if of[name] == name else attrs.evolve(one, same_as=of[name]) for name, one in worths.items()}


async def _read_state(account: Account) -> AccountState:
    (balances, odd_balances), (positions, odd_positions), ((info, refused), odd_info) = await gather(
        _with_odd_rows(_read_balances(account)),
        _with_odd_rows(_read_positions(account)),
        _with_odd_rows(_read_info(account)),
    )
    return AccountState(balances, positions, info, refused, OddRows(odd_balances, odd_positions, odd_info))


async def _with_odd_rows(read: Coroutine[Any, Any, V]) -> tuple[V, tuple[OddRow, ...]]:
    """Return the value of a read, and the rows that it left out because they cannot be read."""
    with gather_odd_rows() as odd:
        value = await read
    return value, tuple(odd)


async def _read_balances(account: Account) -> tuple[Balance, ...] | None:
    return await BalanceReader.of(account).get_balances() if account.support(BalanceReader) else None


async def _read_positions(account: Account) -> tuple[Position, ...] | None:
    return await PositionReader.of(account).get_positions() if account.support(PositionReader) else None


async def _read_info(account: Account) -> tuple[AccountInfo | None, str | None]:
    """Return the account as a whole, or the venue's reason: some modes of an account have balances and no totals."""
    if not account.support(AccountReader):
        return None, None
    try:
        return await AccountReader.of(account).get_account(), None
    except VenueError as error:
        return None, str(error)


async def _read_market(account: Account, members: Sequence[tuple[AccountState, _Rates]]) -> MarketState:
    """Read the contracts of a venue, and the prices of the held ones and of those that lead from assets to USD."""
    instruments: Mapping[str, Instrument] = {}
    marks: dict[str, Decimal] = {}
    failed: str | None = None
    with gather_odd_rows() as odd:
        try:
            if account.support(InstrumentReader):
                listed = await InstrumentReader.of(account).get_instruments()
                instruments = {one.symbol: one for one in listed}
            symbols = sorted({symbol for one in members for symbol in _symbols_to_price(*one, instruments)})
            if symbols and account.support(PriceReader):
                prices = await _read_prices(account, symbols)
                marks = {symbol: price.mark for symbol, price in prices.items() if price.mark is not None}
        except OperationError as error:
            failed = str(error)
    return MarketState(instruments, marks, failed, tuple(odd))


async def _read_prices(account: Account, symbols: Sequence[str]) -> Mapping[str, Price]:
    """Return the prices of symbols: where one of them has none any more, those of all that have."""
    reader = PriceReader.of(account)
    try:
        return await reader.get_prices(symbols)
    except InvalidRequest:
        return await reader.get_prices()


def _symbols_to_price(state: AccountState, rates: _Rates, instruments: Mapping[str, Instrument]) -> set[str]:
    """Return the symbols of an account whose prices are needed: the held ones, and those that lead to USD."""
    positions = state.positions or ()
    held = {one.symbol for one in positions if not instruments or one.symbol in instruments}
    assets = {one.asset for one in state.best_balances if one.wallet or one.equity}
    assets.update(filter(None, (settle_of(one, instruments) for one in positions)))
    return held | _leading(assets, instruments.values(), rates)


def _leading(assets: Iterable[str], instruments: Iterable[Instrument], rates: _Rates) -> set[str]:
    """
    Return the symbols that lead from assets to USD.

    Those are all that are quoted in USD. Of an asset without one, and that no rate leads from, it is one contract that
    is quoted in an asset from which rates lead on.
    """
    trading = [
        one for one in instruments if one.kind == InstrumentKind.PERPETUAL and one.status == InstrumentStatus.TRADING
    ]
    by_rates = Valuation({}, (), rates)
    symbols: set[str] = set()
    for asset in assets:
        direct = [one.symbol for one in trading if (one.base, one.quote) == (asset, USD)]
        if not direct and by_rates.worth(_ONE, asset) is None:
            ways = [one for one in trading if one.base == asset and by_rates.worth(_ONE, one.quote) is not None]
            direct = [one.symbol for one in ways[:1]]
        symbols.update(direct)
    return symbols


def _until(account: Account, deadline: float | None) -> Account:
    return account if deadline is None else account.with_options(deadline=deadline)


def _market_of(account: Account) -> int:
    """Return the identity of the state that accounts of one venue and environment share."""
    return id(account._session.venue_session)  # noqa: SLF001 - nobody else asks


def _valuation(state: AccountState, market: MarketState, rates: _Rates) -> Valuation:
    """Return the worth of an account's assets by its own prices and by rates; no other account changes it."""
    own = _symbols_to_price(state, rates, market.instruments)
    marks = {symbol: mark for symbol in own if (mark := market.marks.get(symbol)) is not None and mark > 0}
    return Valuation(marks, market.instruments.values(), rates)
