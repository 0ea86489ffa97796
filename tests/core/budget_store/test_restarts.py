"""A server that was started again, or took over, does not know all that was spent: pools open when that is over."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator

import pytest
from tests.core.budget_store.pools import BUCKET, WINDOW, ServerPools
from tests.core.budget_store.servers import KINDS, Server

from venuekit import errors
from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_store import Receipt
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.venue import Limit

SHORT = PoolName("acme", "live", Limit("short", amount=4, seconds=0.3), address="any")


@pytest.fixture(params=KINDS)
def own_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> object:
    """A server of this test alone."""
    server = Server(request.param, tmp_path_factory.mktemp("own"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def stores(own_server: Server) -> AsyncIterator[tuple[RedisStore, RedisStore]]:
    """Two stores on one server, as two processes have them."""
    pair = RedisStore(parse_store(own_server.url)), RedisStore(parse_store(own_server.url))
    yield pair
    for store in pair:
        await store.aclose()


async def _pay(store: RedisStore, amount: int = 1) -> Receipt:
    return await store.pay([(SHORT, amount)], Priority.RISK, waiter="one", operation="place_order")


async def _pay_when_told(store: RedisStore, amount: int) -> None:
    delay = (await _pay(store, amount)).delay
    while delay:
        await asyncio.sleep(delay)
        delay = (await _pay(store, amount)).delay


async def test_a_server_that_was_started_again_pays_when_the_past_is_over(
    own_server: Server, stores: tuple[RedisStore, RedisStore]
) -> None:
    """Neither the process that finds out nor another one spends before; both say so once."""
    one, two = stores
    for _ in range(2):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert 0.2 < (await _pay(one)).delay <= 0.3
            await _pay(one)
        assert len([warning for warning in seen if "may not know all that was spent" in str(warning.message)]) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await _pay_when_told(two, 3)
        assert (await _pay(one, 2)).delay > 0
        own_server.kill()
        own_server.start()


async def test_scripts_that_were_flushed_may_have_been_lost_with_payments(
    own_server: Server, stores: tuple[RedisStore, RedisStore]
) -> None:
    """A replica that takes over does not have the script either: the last payments may not have reached it."""
    one, two = stores
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await _pay_when_told(one, 1)
        own_server.ask("SCRIPT", "FLUSH")
        assert await two.states() != ()

        assert (await _pay(one)).delay > 0
        await _pay_when_told(two, 1)


async def test_a_server_that_is_trusted_pays_at_once(own_server: Server) -> None:
    """The operator says that it forgets nothing, or that nothing was spent before it was started."""
    store = RedisStore(parse_store(f"{own_server.url}?start=open"))
    assert (await _pay(store, 4)).delay == 0.0
    own_server.ask("SCRIPT", "FLUSH")
    assert (await _pay(store)).delay > 0
    await store.aclose()


def test_pools_of_an_unknown_past_are_full(server_pools: ServerPools) -> None:
    """A window until its length is over, a bucket until it has filled; a look shows it."""
    server_pools.pay((WINDOW, 1), (BUCKET, 1))
    server_pools.advance(30)
    server_pools.server.ask("DEL", server_pools.store._book.since)
    with pytest.warns(UserWarning, match="those of this request for 60 s"):
        assert server_pools.pay((WINDOW, 1)) == pytest.approx(60)
    assert server_pools.pay((BUCKET, 1)) == pytest.approx(0.25)
    server_pools.set_used(WINDOW, 0)
    assert [state.used for state in server_pools.states()] == [10, 10]
    server_pools.advance(1)
    assert server_pools.pay((BUCKET, 4)) == 0.0
    server_pools.advance(59)
    assert server_pools.pay((WINDOW, 10)) == 0.0


def test_a_clock_that_was_set_back_shortens_and_prolongs_nothing(server_pools: ServerPools) -> None:
    """Payments count as made now; a closing, and a bucket's filling, take as long as they would have."""
    for _ in range(3):
        server_pools.pay((WINDOW, 3))
        server_pools.advance(1)
    server_pools.pay((BUCKET, 10))
    server_pools.close(WINDOW, 5)
    server_pools.advance(-3600)

    assert server_pools.pay((WINDOW, 0)) == pytest.approx(5)
    assert server_pools.pay((BUCKET, 4)) == pytest.approx(1)
    server_pools.advance(5)
    assert server_pools.pay((WINDOW, 2)) == pytest.approx(55)
    assert server_pools.pay((WINDOW, 1)) == 0.0


def test_a_start_in_the_future_is_now(server_pools: ServerPools) -> None:
    """The clock was set back since: a pool waits for the length of its window, and not for longer."""
    server_pools.server.ask("SET", server_pools.store._book.since, str(server_pools.now + 3_600_000_000))
    with pytest.warns(UserWarning, match="those of this request for 60 s"):
        assert server_pools.pay((WINDOW, 1)) == pytest.approx(60)


def test_a_pool_of_another_form_is_refused(server_pools: ServerPools) -> None:
    """Another version's numbers are not misread, nor those of another limit of the same name; nothing is spent."""
    server_pools.pay((WINDOW, 1), (BUCKET, 1))
    (key,) = [key for key in server_pools.run(server_pools.store._find_keys()) if "weight" in key]
    for form in ("2 window 60000000", "1 window 1000000", "1 bucket 4.0"):
        server_pools.server.ask("HSET", key, "kind", form)
        with pytest.raises(
            errors.BudgetUnavailable, match=r"a pool has another form: .*weight.*, not 1 window 60"
        ) as got:
            server_pools.pay((BUCKET, 1), (WINDOW, 1))
        assert got.value.outcome is errors.Outcome.NOT_SENT
        assert "run the same venuekit and plugins in all processes" in str(got.value)
        if form != "1 window 1000000":
            continue
        with pytest.raises(errors.BudgetUnavailable, match="another form"):
            server_pools.close(WINDOW, 1)
    server_pools.server.ask("HSET", key, "kind", "2 window 60000000")
    with pytest.raises(errors.BudgetUnavailable, match=r"another form: .*2 window"):
        server_pools.states()
    server_pools.server.ask("DEL", key)
    (state,) = server_pools.states()
    assert state.used == 1


def test_a_key_of_another_program_is_refused(server_pools: ServerPools) -> None:
    """The key, its kind and the mend are named; pools beside it are paid as ever, and so is it when it is gone."""
    server, store = server_pools.server, server_pools.store
    server_pools.pay((WINDOW, 1), (BUCKET, 1))
    server_pools.advance(30)
    server_pools.pay((WINDOW, 1))
    server_pools.advance(31)  # the first payment is forgotten by the script that is refused
    (bucket,) = [key for key in server_pools.run(store._find_keys()) if "tokens" in key]
    line = bucket.replace(":pool:", ":line:")
    for key, command, words in (
        (bucket, ("SET", bucket, "x"), "a string of another program"),
        (bucket, ("RPUSH", bucket, "x"), "a list of another program"),
        (bucket, ("HSET", bucket, "a", "b"), "a hash of another program"),
        (line, ("SET", line, "x"), "a string of another program"),
        (store._book.since, ("SADD", store._book.since, "x"), "a set of another program"),
    ):
        server.ask("DEL", key)
        server.ask(*command)
        mend = f"(DEL '{key}'), or give this process another prefix= in VENUEKIT_BUDGET"
        for ask in (lambda: server_pools.pay((WINDOW, 1), (BUCKET, 1)), server_pools.states):
            with pytest.raises(errors.BudgetUnavailable) as got:
                ask()
            assert f"its key {key} holds {words}; delete it " in str(got.value)
            assert str(got.value).endswith(mend)
            assert got.value.outcome is errors.Outcome.NOT_SENT
        server.ask("DEL", key)
        server.ask("SET", store._book.since, "1")
        assert server_pools.pay((BUCKET, 1)) == 0.0
    server.ask("DEL", bucket)
    server.ask("SET", bucket, "x")
    with pytest.raises(errors.BudgetUnavailable, match="holds a string"):
        server_pools.close(BUCKET, 1)

    assert server_pools.pay((WINDOW, 9)) == 0.0  # 1 of 10 was spent in the last minute, by nothing that was refused
    assert server_pools.pay((WINDOW, 1)) > 0
