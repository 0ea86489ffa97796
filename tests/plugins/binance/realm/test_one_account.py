"""Two simulated venues, one account: the position mode, the pools and what blocks are shared, the coins are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venuekit.capabilities import MarginType, OrderRequest, OrderSide, OrderType, PositionMode, PositionSide
from venuekit.errors import Outcome, Rejected, Throttled
from venuekit.simulator import DropAfter
from venuekit.simulator.ledger import Book, Ledger, Side

VENUES = ("binance_coinm", "binance_usdm")
OTHER = dict(zip(VENUES, reversed(VENUES), strict=True))
SYMBOL = {"binance_coinm": "ETHUSD_PERP", "binance_usdm": "ETHUSDT"}
USED = "X-MBX-USED-WEIGHT-1M"


def rests(symbol: str, book: Book = Book.PLAIN) -> Callable[[Ledger], object]:
    return lambda ledger: ledger.rest_order(symbol, Side.BUY, Decimal(1), Decimal(1000), book=book)


def opens(symbol: str) -> Callable[[Ledger], object]:
    return lambda ledger: ledger.fill(symbol, Side.BUY, Decimal(1), ledger.mark(symbol))


async def used_weight(url: str) -> int:
    """Return what the venue says it counted in this minute."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return int(response.headers[USED])


# -- the position mode


@pytest.mark.parametrize("venue_id", VENUES)
async def test_mode_set_on_one_venue_holds_on_the_other(flat: Any, venue_id: str) -> None:
    """Both venues show one mode, whichever of them changed it, in every read that tells it."""
    for mode in (PositionMode.HEDGE, PositionMode.ONE_WAY):
        setting = await flat.of(venue_id).set_position_mode(mode)

        assert setting.shared_with == (OTHER[venue_id],)
        for account in (flat.coinm, flat.usdm):
            assert (await account.get_position_mode()).mode is mode
            assert (await account.get_account()).position_mode is mode
            assert (await account.get_settings([])).position_mode is mode


@pytest.mark.parametrize("venue_id", VENUES)
async def test_mode_that_the_other_venue_set_needs_no_change(flat: Any, venue_id: str) -> None:
    """Asking again on the realm mate is answered with -4059, which is a success."""
    await flat.of(venue_id).set_position_mode(PositionMode.HEDGE)

    assert (await flat.of(OTHER[venue_id]).set_position_mode(PositionMode.HEDGE)).changed is False


@pytest.mark.parametrize("venue_id", VENUES)
@pytest.mark.parametrize(
    ("stage", "code"),
    [(rests, -4067), (lambda symbol: rests(symbol, Book.CONDITIONAL), -4067), (opens, -4068)],
    ids=["order", "conditional order", "position"],
)
async def test_what_is_open_on_one_venue_blocks_the_mode_on_the_other(
    flat: Any, venue_id: str, stage: Callable[[str], Callable[[Ledger], object]], code: int
) -> None:
    """Orders and positions of the realm mate refuse a change, and it changes nothing."""
    stage(SYMBOL[OTHER[venue_id]])(flat.ledger)

    with pytest.raises(Rejected) as caught:
        await flat.of(venue_id).set_position_mode(PositionMode.HEDGE)

    assert (caught.value.code, caught.value.outcome) == (code, Outcome.NOT_APPLIED)
    assert flat.ledger.position_mode is PositionMode.ONE_WAY


@pytest.mark.parametrize("venue_id", VENUES)
async def test_other_settings_are_each_venues_own(flat: Any, venue_id: str) -> None:
    """An order on one venue blocks no margin type on the other, and isolated margin of a coin no multi-assets mode."""
    rests(SYMBOL[OTHER[venue_id]])(flat.ledger)

    setting = await flat.of(venue_id).set_margin_type(SYMBOL[venue_id], MarginType.ISOLATED)

    assert setting.changed is True
    assert flat.ledger.margin_type(SYMBOL[OTHER[venue_id]]) is MarginType.CROSS


# -- the pools


async def test_venues_count_weight_in_one_pool(flat: Any) -> None:
    """What one venue was asked shows in the header of the other."""
    coinm, usdm = (f"{flat.sim.rest(venue_id)}" for venue_id in VENUES)
    before = await used_weight(f"{coinm}/dapi/v1/time")

    assert await used_weight(f"{usdm}/fapi/v1/time") == before + 1
    await flat.coinm.get_position_mode()
    assert await used_weight(f"{usdm}/fapi/v1/time") == before + 1 + 30 + 1
    await flat.usdm.get_balances()
    assert await used_weight(f"{coinm}/dapi/v1/time") == before + 1 + 30 + 1 + 5 + 1


async def test_venues_count_orders_in_one_pool(flat: Any) -> None:
    """An order on one venue would be the second of the account after one on the other."""
    services = [flat.sim._services[venue_id] for venue_id in VENUES]

    counted = [
        {usage.limit.name: usage.used for usage in service._meter.pay(costs, service.venue.limits, 0)}
        for service in services
        for costs in ({"orders_1m": 1, "orders_10s": 1},)
    ]

    assert counted == [{"orders_1m": 1, "orders_10s": 1}, {"orders_1m": 2, "orders_10s": 2}]


#: where, and what: a mode is set, an order is placed far from the market, or all are cancelled
DEEDS = st.lists(st.tuples(st.sampled_from(VENUES), st.sampled_from((*PositionMode, "place", "cancel"))), max_size=8)


@settings(max_examples=25)
@given(deeds=DEEDS)
def test_both_venues_are_one_account_whatever_is_done(opened: Callable[[], Any], deeds: list[tuple[str, str]]) -> None:
    """After each deed both show one mode, weight is counted on together, and so is every order in the end."""

    async def play() -> None:
        async with opened() as realm:
            mode, waiting, placed = PositionMode.ONE_WAY, set(), 0
            for venue_id, deed in deeds:
                account = realm.of(venue_id)
                if deed == "place":
                    await account.place_order(bid(venue_id, mode))
                    waiting.add(venue_id)
                    placed += 1
                elif deed == "cancel":
                    assert await account.cancel_all_orders() == ()
                    waiting.discard(venue_id)
                elif waiting and deed != mode:
                    with pytest.raises(Rejected):
                        await account.set_position_mode(PositionMode(deed))
                else:
                    setting = await account.set_position_mode(PositionMode(deed))
                    assert setting.changed is (deed != mode)
                    mode = setting.mode
                assert [(await one.get_position_mode()).mode for one in (realm.coinm, realm.usdm)] == [mode, mode]
                used = await used_weight(f"{realm.sim.rest('binance_coinm')}/dapi/v1/time")
                assert await used_weight(f"{realm.sim.rest('binance_usdm')}/fapi/v1/time") == used + 1
            assert orders_counted(realm) == [placed, placed]

    asyncio.run(play())


def bid(venue_id: str, mode: PositionMode) -> OrderRequest:
    return OrderRequest(
        symbol=SYMBOL[venue_id],
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(1),
        price=Decimal(2700),
        position_side=PositionSide.LONG if mode is PositionMode.HEDGE else None,
    )


def orders_counted(realm: Any) -> list[int]:
    """Return how many orders each venue has counted in this minute."""
    now = realm.runtime.clock.milliseconds()
    services = [realm.sim._services[venue_id] for venue_id in VENUES]
    counts = [service._meter.pay({"orders_1m": 0}, service.venue.limits, now) for service in services]
    return [usage.used for (usage,) in counts]


async def test_accounts_of_one_key_spend_one_pool_per_limit(flat: Any) -> None:
    """The client keeps one budget for each limit, and both accounts are one subject."""
    coinm, usdm = flat.coinm._session, flat.usdm._session

    assert flat.coinm.venue.limits == flat.usdm.venue.limits
    for limit in flat.coinm.venue.limits:
        assert coinm.pool(limit) is usdm.pool(limit)
    assert coinm.owner.write_scopes is usdm.owner.write_scopes
    assert flat.coinm.identity == flat.usdm.identity


async def test_weight_spent_on_one_venue_is_missing_on_the_other(flat: Any) -> None:
    """When one account has used up the minute the other one waits, and what may not wait is never sent."""
    from venuekit_binance_usdm.endpoints import USDM

    for _ in range(63):  # with 1 for each clock that was measured, all that reads may spend of a minute
        await flat.usdm.call(USDM.ASSET_MODE)
    flat.sim.requests.clear()

    with pytest.raises(Throttled) as caught:
        await flat.coinm.with_options(max_wait=0).get_position_mode()

    assert caught.value.outcome is Outcome.NOT_SENT
    assert flat.sim.requests == []
    assert (await flat.coinm.with_options(max_wait=0).get_balances(asset="BTC"))[0].wallet == 2


# -- writes to what is shared


@pytest.mark.looptime
async def test_lost_mode_of_one_venue_is_waited_for_by_the_other(flat_in_time: Any) -> None:
    """Writes of the mode run one after another, whichever venue they go to: the second one finds the first settled."""
    flat = flat_in_time
    flat.sim.disturb("binance_coinm", ("POST", "/dapi/v1/positionSide/dual"), DropAfter())

    first, second = await asyncio.gather(
        flat.coinm.set_position_mode(PositionMode.HEDGE), flat.usdm.set_position_mode(PositionMode.ONE_WAY)
    )

    assert (first.mode, first.changed) == (PositionMode.HEDGE, None)
    assert (second.mode, second.changed) == (PositionMode.ONE_WAY, True)
    assert flat.ledger.position_mode is PositionMode.ONE_WAY
    assert flat.writes() == [
        ("binance_coinm", "/dapi/v1/positionSide/dual"),
        ("binance_usdm", "/fapi/v1/positionSide/dual"),
    ]


# -- what is not shared


async def test_coins_of_the_two_venues_do_not_mix(flat: Any) -> None:
    """The same coin on both venues is two wallets."""
    flat.ledger.deposit("BTC", Decimal(3))

    (coin,), (collateral,) = await flat.coinm.get_balances(asset="BTC"), await flat.usdm.get_balances(asset="BTC")

    assert (coin.wallet, collateral.wallet) == (2, 3)
    assert await flat.coinm.get_balances(asset="USDT") == ()


async def test_each_venue_shows_its_own_positions(holding: Any) -> None:
    """Both hold an isolated position, and neither tells of the other's."""
    for account, symbol in ((holding.coinm, "BTCUSD_PERP"), (holding.usdm, "BTCUSDT")):
        (position,) = await account.get_positions()
        assert (position.symbol, position.margin_type) == (symbol, MarginType.ISOLATED)
        assert {one.symbol for one in (await account.get_account()).positions} == {symbol}
        assert {one.symbol for one in await account.get_instruments()} == {
            name for name, contract in holding.ledger.contracts.items() if contract.venue == account.venue.id
        }
