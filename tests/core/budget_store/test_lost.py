"""A server that is lost: requests are refused, or spend a share, in plain words; it is used again when it is back."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import attrs
import pytest
from tests.core.budget_store.pools import BUCKET, WINDOW
from tests.core.budget_store.servers import Server
from tests.core.pipeline import tls_peer

from venuekit import errors
from venuekit.endpoint import Priority
from venuekit.pipeline import redis_link, redis_pools, redis_store
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_store import PoolReport, Receipt
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.venue import Limit

HUGE = PoolName("acme", "live", Limit("huge", amount=1000, seconds=60), address="any")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is lost is tried again soon."""
    monkeypatch.setattr(redis_store, "_PAUSE", 0.05)


async def _pay(store: RedisStore, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> Receipt:
    return await store.pay(due or [(HUGE, 1)], priority, waiter="one", operation="place_order")


@asynccontextmanager
async def _known(server: Server, options: str = "") -> AsyncIterator[RedisStore]:
    """A store on a server that is known to know everything."""
    store = RedisStore(parse_store(server.url + options))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await _pay(store)
        server.ask("FLUSHALL")
        server.ask("SET", store._book.since, "1")
    try:
        yield store
    finally:
        await store.aclose()


class _Answers(asyncio.Protocol):
    """One connection to a server with one answer to everything."""

    def __init__(self, answer: bytes | None, heard: list[bytes], links: list[asyncio.Transport]) -> None:
        self.answer, self.heard, self.links = answer, heard, links

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.links.append(transport)

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)
        if self.answer:
            self.links[-1].write(self.answer)
        elif self.answer is not None:
            self.links[-1].close()


@asynccontextmanager
async def _answering(path: Path, answer: bytes | None) -> AsyncIterator[list[bytes]]:
    """A server with one answer to everything: none at all where it is None, the end of the connection where empty."""
    heard: list[bytes] = []
    links: list[asyncio.Transport] = []
    loop = asyncio.get_running_loop()
    async with await loop.create_unix_server(lambda: _Answers(answer, heard, links), str(path)):
        try:
            yield heard
        finally:
            for link in links:
                link.abort()


@contextmanager
def _warned() -> Iterator[list[str]]:
    """The warnings of the block."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield texts
    texts += [str(one.message) for one in seen]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(400):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def test_requests_are_refused_until_it_is_back(start_server: Callable[..., Server]) -> None:
    """At once, with a warning; it gets the words of the venue when it is back, and nothing has to be started again."""
    server = start_server("valkey")
    async with _known(server) as store:
        assert await _pay(store) == Receipt(0.0)
        server.kill()
        with _warned() as texts:
            for _ in range(3):
                with pytest.raises(
                    errors.BudgetUnavailable, match=r"shared budgets at unix:.* cannot be used: "
                ) as got:
                    await _pay(store)
            await store.report([PoolReport(WINDOW, used=3), PoolReport(BUCKET, closed_for=60, is_banned=True)])
            await store.leave("one")
        (text,) = texts
        assert text.startswith("the store of shared budgets at unix:///")
        assert "is lost: " in text
        assert text.endswith("; nothing is sent without it; start it, or correct VENUEKIT_BUDGET")
        assert got.value.outcome is errors.Outcome.NOT_SENT
        assert str(got.value).endswith("; start it, or correct VENUEKIT_BUDGET")
        with pytest.raises(errors.BudgetUnavailable):
            await store.states()

        server.start()

        async def is_back() -> bool:
            try:
                await _pay(store)
            except errors.BudgetUnavailable:
                return False
            return True

        with _warned() as texts:
            await _until(is_back)
        assert len([text for text in texts if " is back after " in text]) == 1
        by_name = {state.name.limit.name: state for state in await store.states()}
        assert set(by_name) == {"tokens", "weight"}
        assert by_name["tokens"].is_banned


async def test_a_lost_server_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests and statements of the venue do not wait for it; the next try has all that was said."""
    monkeypatch.setattr(redis_store, "_PAUSE", 3600)
    store = RedisStore(parse_store("unix:///nowhere"))
    with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable):
        await _pay(store)
    sent: list[bytes] = []

    async def send(count: int, packed: bytes) -> int:
        sent.append(packed)
        return 0

    monkeypatch.setattr(store._link, "send", send)
    await store.report([PoolReport(WINDOW, used=3)])
    await store.report([PoolReport(WINDOW, used=4, closed_for=9)])
    with pytest.raises(errors.BudgetUnavailable):
        await store.pay([(HUGE, 1)], Priority.READ, waiter="1", operation="get", reports=[PoolReport(BUCKET, used=2)])
    assert sent == []
    assert store._loss is not None
    store._loss.next_try = 0
    with pytest.warns(UserWarning, match="is back"):
        assert not (await _pay(store)).delay
    (command,) = sent
    assert command.count(b":pool:") == 3


async def test_a_statement_that_meets_the_loss_is_kept(server: Server) -> None:
    """It is the one that warns, and the server has it as soon as it is back."""
    async with _known(server) as store:
        link, store._link = store._link, redis_link.RedisLink(parse_store("unix:///nowhere"))
        with pytest.warns(UserWarning, match="is lost"):
            await store.report([PoolReport(WINDOW, used=3)])
        store._link = link
        assert store._loss is not None
        store._loss.next_try = 0
        with pytest.warns(UserWarning, match="is back"):
            await _pay(store)
        assert {state.name.limit.name: state.used for state in await store.states()} == {"weight": 3, "huge": 1}


async def test_a_share_of_each_pool_is_spent_meanwhile(server: Server) -> None:
    """Less what this process has spent before; it is added to the pools of the server when that is back."""
    async with _known(server, "?lost=share&share=0.5") as store:
        assert not (await _pay(store, (HUGE, 300), (WINDOW, 1))).delay
        link, store._link = store._link, redis_link.RedisLink(parse_store("unix:///nowhere"))
        with _warned() as texts:
            assert (await _pay(store, (HUGE, 300))).delay == pytest.approx(60, abs=1)
            assert not (await _pay(store, (HUGE, 200), (WINDOW, 4))).delay
            assert (await _pay(store, (WINDOW, 1))).delay
            assert (await _pay(store, (BUCKET, 5))).delay == 0.0
            assert 0 < (await _pay(store, (BUCKET, 2), priority=Priority.READ)).delay < 2
            for report in (PoolReport(BUCKET, used=3), PoolReport(BUCKET, closed_for=60, is_banned=True)):
                assert await store.pay([(HUGE, 9)], Priority.RISK, waiter="two", operation="", reports=[report])
            store._loss = attrs.evolve(store._loss, next_try=0) if store._loss else None
            assert not (await _pay(store, (WINDOW, 0))).delay
        assert [text.partition("; ")[2] for text in texts] == [
            "this process spends at most 0.5 of each pool until it is back; start it, or correct VENUEKIT_BUDGET"
        ]
        store._link = link

        async def is_back() -> bool:
            await _pay(store, (HUGE, 0))
            return store._loss is None

        with pytest.warns(UserWarning, match="is back"):
            await _until(is_back)
        used = {state.name.limit.name: state.used for state in await store.states()}
        assert (used["huge"], used["weight"]) == (500, 5)
        assert (await _pay(store, (HUGE, 501))).delay
        (closed,) = (await _pay(store, (BUCKET, 1))).closed
        assert closed.is_banned
        assert 50 < (closed.closed_for or 0) < 60


async def test_a_payment_without_an_answer_is_not_sent_again(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been made, so it counts as made; a server that hangs is given up after a second."""
    monkeypatch.setattr(redis_link, "PATIENCE", 0.05)
    for answer, fault in ((b"", "(?i)connection|closed"), (None, "does not answer within 0.05 s")):
        path = tmp_path_factory.mktemp("own") / "socket"
        async with _answering(path, answer) as heard:
            store = RedisStore(parse_store(f"unix://{path}"))
            with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match=fault):
                await _pay(store)
            with pytest.raises(errors.BudgetUnavailable):
                await _pay(store)
            assert sum(data.count(b"EVALSHA") for data in heard) == 1
            await store.aclose()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("LOADING Valkey is loading the dataset in memory", "it is loading its data; wait until it has started"),
        ("MASTERDOWN Link with MASTER is down", "it is a replica that has lost its primary; name the primary"),
        ("MOVED 3999 127.0.0.1:6381", "it is a node of a cluster, and another node has these keys; name that node"),
        ("CLUSTERDOWN The cluster is down", "its cluster is down; start it"),
        ("MISCONF Errors writing to the AOF file", "it cannot write its data to disk; see its log"),
        ("BUSY Redis is busy running a script", "another script keeps it busy; end that one with SCRIPT KILL"),
        ("NOREPLICAS Not enough good replicas to write.", "it has too few replicas to take a payment; start them"),
        ("ERR max number of clients reached", "max number of clients reached; start it, or correct VENUEKIT_BUDGET"),
        ("ERR something else", "it answers 'something else'|it answers 'ERR something else'"),
    ],
)
async def test_refusals_of_a_server_are_put_in_words(
    answer: str, words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each with the remedy."""
    path = tmp_path_factory.mktemp("own") / "socket"
    async with _answering(path, f"-{answer}\r\n".encode()):
        store = RedisStore(parse_store(f"unix://{path}"))
        with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match=words):
            await _pay(store)
        await store.aclose()


async def test_states_of_a_real_server_are_put_in_words(server: Server) -> None:
    """A replica, a full memory, a password that is wanted or wrong, and a user who may not; all of it mends itself."""
    for wrong, right, words in (
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "it is a replica, which takes no payments; name"),
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "its memory is full; raise maxmem"),
    ):
        async with _known(server) as store:
            server.ask(*wrong)
            with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match=words):
                await _pay(store)
            server.ask(*right)


async def test_a_password_is_sent_and_never_shown(start_server: Callable[..., Server]) -> None:
    """A missing one and a wrong one are named as such; a user who may not run scripts, too."""
    server = start_server("valkey", "--requirepass", "hush-hush")
    url = server.url.removeprefix("unix://")
    for login, words in (
        ("", "it wants a password; put it into the URL"),
        (":wrong-one@", "it refuses user and password; correct them in the URL"),
        ("trader:secret-word@", r"its user may not do this; allow it the keys {venuekit}\* and"),
    ):
        if "trader" in login:
            await _add_user(url, ">secret-word", "~*", "+ping")
        store = RedisStore(parse_store(f"unix://{login}{url}"))
        with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match=words) as got:
            await _pay(store)
        assert not any(word in f"{got.value} {store} {store._address!r}" for word in ("wrong-one", "secret-word"))
        await store.aclose()
    await _add_user(url, "resetkeys", "~{venuekit}*", "+@scripting", "+@read", "+@write", "+time")  # as the mend says
    for login in (":hush-hush@", "trader:secret-word@"):
        store = RedisStore(parse_store(f"unix://{login}{url}?start=open"))
        assert not (await _pay(store)).delay
        assert len(await store.states()) == 1
        await store.leave("one")
        await store.aclose()


async def _add_user(url: str, *rules: str) -> None:
    """Add a user with these rights, or give it more."""
    root = RedisStore(parse_store(f"unix://:hush-hush@{url}"))
    parts = ("ACL", "SETUSER", "trader", "on", *rules)
    await root._link.send(len(parts), redis_link.pack(parts))
    await root.aclose()


async def test_a_server_that_drops_keys_when_it_is_full_is_named(server: Server) -> None:
    """A pool that is dropped would be an empty one."""
    server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    server.ask("SCRIPT", "FLUSH")
    store = RedisStore(parse_store(server.url))
    with _warned() as texts:
        await _pay(store)
    assert any("by its maxmemory-policy allkeys-lru: set it to noeviction" in text for text in texts)
    server.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    await store.aclose()


async def test_an_address_without_a_server_and_a_certificate_of_nobody_are_named(
    tmp_path: Path,
) -> None:
    """By host and port; what is sent to a server that cannot prove who it is, is nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = RedisStore(parse_store(f"redis://127.0.0.1:{port}"))
    words = (
        rf"budgets at redis://127\.0\.0\.1:{port} cannot be used: .*[Cc]onnect.*; start it, or correct VENUEKIT_BUDGET"
    )
    with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match=words):
        await _pay(store)

    heard: list[bytes] = []
    links: list[asyncio.Transport] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Answers(b"", heard, links), "127.0.0.1", 0, ssl=tls_peer.server_context(tmp_path)
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        store = RedisStore(parse_store(f"rediss://127.0.0.1:{port}"))
        with pytest.warns(UserWarning, match="is lost"), pytest.raises(errors.BudgetUnavailable, match="certificate"):
            await _pay(store)
        assert heard == []


async def test_many_that_lose_it_at_once_are_one_loss(server: Server) -> None:
    """One warning; requests that gave up are forgotten by themselves."""
    async with _known(server) as store:
        await asyncio.gather(*(_pay(store) for _ in range(3)))
        server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert not (await _pay(store)).delay
        server.ask("REPLICAOF", "127.0.0.1", "1")
        with _warned() as texts:
            await store.leave("one")
            await asyncio.gather(*(_pay(store) for _ in range(3)), return_exceptions=True)
            await store.leave("one")
        server.ask("REPLICAOF", "NO", "ONE")
        assert len(texts) == 1


async def test_every_pool_is_found(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of more than one look has room for; what is remembered of them to be sent is bounded."""
    monkeypatch.setattr(redis_pools, "_REMEMBERED", 50)
    async with _known(server) as store:
        for number in range(1100):
            pool = attrs.evolve(HUGE, owner=f"owner {number}")
            assert not (await _pay(store, (pool, number + 1))).delay
        states = await store.states()
        assert [state.used for state in states if state.used == 7] == [7]
        assert {state.name for state in states} == {
            attrs.evolve(HUGE, owner=f"owner {number}") for number in range(1100)
        }
        assert len(store._book._pools) <= 50


async def test_a_cancelled_payment_spoils_no_other_ones_answer(server: Server) -> None:
    """Its connection is closed: the answer on its way is nobody's. Many at once share a few connections."""
    async with _known(server) as store:
        task = asyncio.ensure_future(_pay(store, (WINDOW, 1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        assert await asyncio.gather(task, return_exceptions=True)

        receipts = await asyncio.gather(*(_pay(store, (HUGE, 1)) for _ in range(40)))
        assert receipts == [Receipt(0.0)] * 40
        assert len(store._link._idle) <= 8
        (state,) = [one for one in await store.states() if one.name.limit.name == "huge"]
        assert state.used == 40


async def test_a_cancelled_command_leaves_no_connection_open() -> None:
    """One that was taken up again, and has not been written to yet, is closed."""

    class Hanging:
        is_closed = False

        async def can_read(self) -> bool:
            await asyncio.Event().wait()
            return False

        async def disconnect(self, *, nowait: bool) -> None:
            self.is_closed = True

    link, connection = redis_link.RedisLink(parse_store("unix:///nowhere")), Hanging()
    link._idle.append(connection)  # type: ignore[arg-type]  # it has the methods that are called
    sending = asyncio.ensure_future(link.send(1, redis_link.pack(("PING",))))
    await asyncio.sleep(0)

    sending.cancel()
    await asyncio.wait([sending])

    assert connection.is_closed
