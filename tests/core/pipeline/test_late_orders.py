"""Late orders: a raw write that names no symbol may be an order of every one, for as long as it may arrive."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS

import venuekit
from venuekit.pipeline import late_orders as module
from venuekit.pipeline.late_orders import late_orders
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import Options
from venuekit.simulator import Simulation
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime


@attrs.frozen
class Entry:
    """An entry of the journal, as far as it is looked at before the write that it tells of."""

    id: str = "20261201-abc-1-1"


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_raw_write_without_a_symbol_is_told(kind: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry in a journal is listed for any symbol, with its bound where the venue has one."""
    clock, venue = LoopClock(), KINDS[kind]

    def name_none(_: object) -> Any:
        raise LookupError("no symbol")

    raw = attrs.evolve(TOY.ADD_COLLATERAL, write_scope=None, symbols=name_none)
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=tmp_path) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        session = account._session
        parameters: dict[str, Any] = {"contract": "TOYUSD", "amount": 5}
        encoded = session.wire.encode(TOY.ADD_COLLATERAL, parameters)
        operation: Operation[Any] = Operation(session, raw, parameters, Options(), account.call, encoded, raw.decode)
        operation.sent_at = session.venue_session.clock.milliseconds()
        operation.fence = operation.open_until = operation.sent_at + 6_000
        monkeypatch.setattr(module, "operation_of", lambda *_: operation)
        monkeypatch.setattr(type(session.journal), "open_writes", lambda _: (Entry(),))

        (late,) = await late_orders(session, account.call, ("GEMUSD",))

        assert late.symbols == ()
        assert (late.until is None) is (kind in {"none", "nonce"})
