from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.core.budget_store.pools import LocalPools, Pools, ServerPools
from tests.core.budget_store.servers import KINDS, Server


@pytest.fixture(scope="session")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """The server of a kind; it is started once, when it is first asked for."""
    servers: dict[str, Server] = {}

    def find(kind: str) -> Server:
        if kind not in servers:
            servers[kind] = Server(kind, tmp_path_factory.mktemp(kind))
            servers[kind].start()
        return servers[kind]

    yield find
    for server in servers.values():
        server.kill()


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start a server for one test: ``start_server("valkey", "--requirepass", "word")``."""
    servers: list[Server] = []

    def start(kind: str, *options: str) -> Server:
        servers.append(Server(kind, tmp_path_factory.mktemp("own"), options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def pools_of(server_of: Callable[[str], Server]) -> Iterator[Callable[[str], ServerPools]]:
    """The pools of the server of a kind, empty."""
    made: dict[str, ServerPools] = {}

    def find(kind: str) -> ServerPools:
        if kind not in made:
            made[kind] = ServerPools(server_of(kind))
        made[kind].reset()
        return made[kind]

    yield find
    for pools in made.values():
        pools.close_all()


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, server_of: Callable[[str], Server]) -> Server:
    """A server of each kind that is installed, with nothing in it."""
    server = server_of(request.param)
    server.ask("FLUSHALL")
    return server


@pytest.fixture(params=KINDS)
def server_pools(request: pytest.FixtureRequest, pools_of: Callable[[str], ServerPools]) -> ServerPools:
    """Empty pools of a server, on a clock that the test sets."""
    return pools_of(request.param)


@pytest.fixture(params=["local", *KINDS])
def pools(request: pytest.FixtureRequest, pools_of: Callable[[str], ServerPools]) -> Pools:
    """Empty pools of this process, then of each server."""
    return LocalPools() if request.param == "local" else pools_of(request.param)
