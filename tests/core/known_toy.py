"""Two venues of one realm, both the toy at one address: one says what it calls an account, the other does not."""

from __future__ import annotations

from typing import Any

import attrs

from venuekit.capabilities import Identity, IdentityReader
from venuekit.endpoint import Endpoint
from venuekit.payloads import payload_decoder
from venuekit.simulator import SimKey, SimRequest, Simulation, Visit
from venuekit.venue import Limit, LimitScope, Venue
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

#: four an account, and six an account with its sub-accounts
READS = Limit("reads", amount=4, seconds=60, scope=LimitScope.ACCOUNT)
LOOKS = Limit("looks", amount=6, seconds=60, scope=LimitScope.UID)
LIMITS = (*TOY_PERP.limits, READS, LOOKS)


@attrs.frozen
class Who:
    """The answer of the venue."""

    uid: str
    parent: str | None = None


WHO = Endpoint(
    "GET",
    "/v1/who",
    decode=payload_decoder(Who),
    pools={"weight": None, "reads": 1},
    serves=(IdentityReader.get_identity,),
)
SETTINGS = attrs.evolve(TOY.SETTINGS, pools={**TOY.SETTINGS.pools, "reads": 1})
WALLET = attrs.evolve(TOY.WALLET, pools={**TOY.WALLET.pools, "looks": 1})
_REPLACED: dict[Endpoint[Any], Endpoint[Any]] = {TOY.SETTINGS: SETTINGS, TOY.WALLET: WALLET}
ENDPOINTS = tuple(_REPLACED.get(one, one) for one in TOY_PERP.endpoints)


def _who(_request: SimRequest, visit: Visit) -> object:
    assert visit.key is not None
    return {"uid": f"uid-{visit.key.account}", "parent": "uid-1" if visit.key.sub_account else None}


class SimulatedKnownToy(SimulatedToy):
    """The toy, which answers who its caller is."""

    def handlers(self) -> Any:
        """Return the handler of each endpoint."""
        return {**{_REPLACED.get(one, one): handler for one, handler in super().handlers().items()}, WHO: _who}


class KnownToyAccount(ToyPerpAccount, IdentityReader):
    """An account that can be asked who it is."""

    __slots__ = ()

    async def get_identity(self) -> Identity:
        """Return uid and master."""
        return await self.call_as(lambda who: Identity(who.uid, who.parent), WHO)


PLAIN: Venue[ToyPerpAccount] = attrs.evolve(
    TOY_PERP, id="toy_plain", realm="toy", limits=LIMITS, endpoints=ENDPOINTS, simulated=SimulatedKnownToy
)
KNOWN: Venue[Any] = attrs.evolve(PLAIN, id="toy_known", account=KnownToyAccount, endpoints=(*ENDPOINTS, WHO))


@attrs.frozen
class Keys:
    """Two trading keys of the master, and one of a sub-account."""

    first: SimKey
    second: SimKey
    sub: SimKey

    @classmethod
    def of(cls, sim: Simulation) -> Keys:
        """Make them."""
        return cls(sim.add_key(), sim.add_key(), sim.add_key(account="7"))
