"""Budgets of one runtime: the lines before its pools, the address they are kept by, and the store that shares them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from venuekit.clock import Clock
from venuekit.credentials import Secret
from venuekit.pipeline.egress import Egress
from venuekit.pipeline.proxy import Proxy
from venuekit.pipeline.shared_url import parse_store
from venuekit.pipeline.waiters import Waiters

if TYPE_CHECKING:
    from venuekit.pipeline.budget import Budget, PoolName
    from venuekit.pipeline.budget_store import BudgetStore
    from venuekit.pipeline.shared_budget import SharedBudget
    from venuekit.plugins import Plugins


class Budgets:
    """
    The budgets of one runtime.

    Args:
        clock: Where time comes from.
        store: URL of a store, None for the one that a hook has.
        address: Name of the address that requests leave from, None for the one that is found.
        proxy: The proxy that requests leave through, None without one.

    Raises:
        ConfigurationError: the URL or the address is none.
    """

    def __init__(self, clock: Clock, store: Secret | None, address: str | None, proxy: Proxy | None) -> None:
        self._clock = clock
        self._place = None if store is None else parse_store(store, named="budget")
        self._is_searched = False
        self.address_of = Egress(address, proxy).address_of
        self.waiters = Waiters()
        #: None where budgets are not shared
        self.shared: SharedBudget | None = None

    def find_store(self, plugins: Plugins, keep: Callable[[Any], Any]) -> None:
        """Find the store, once, before anything is paid; ``keep`` remembers an object that has to be closed."""
        if self._is_searched:
            return
        store: BudgetStore | None
        if self._place is None:
            store = plugins.make_budget_store()
        else:
            from venuekit.pipeline.redis_store import RedisStore

            store = RedisStore(self._place)
        self._is_searched = True
        if store is not None:
            from venuekit.pipeline.shared_budget import SharedBudget

            self.shared = keep(SharedBudget(store, self._clock))
            self.waiters.stay_busy()

    def add(self, pool: Budget, name: PoolName) -> Budget:
        """Return a new pool, known by its name in the store."""
        if self.shared is not None:
            self.shared.add(pool, name)
        return pool

    def note_joined(self, pool: Budget) -> None:
        """Have the store learn of a pool that has taken over the costs of another one."""
        if self.shared is not None:
            self.shared.note(pool)
