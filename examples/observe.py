"""Watch every operation: an observer, and a lost answer as it sees it."""

import asyncio

import venuekit
from venuekit.capabilities import LeverageControl
from venuekit.hooks import hookimpl
from venuekit.pipeline import Event, Observer
from venuekit.simulator import DropAfter
from venuekit.testing import plugins_with

VENUE = "bybit_inverse"


def note(event: Event) -> None:
    print(f"{event.operation} {event.subject or ''}: {event.kind}, attempt {event.attempt}")


class Meter:
    """Installed for good, this is a module with an entry point in the group venuekit.plugins."""

    @hookimpl
    def venuekit_observe(self) -> Observer:
        """Return what hears of every operation; the hook offers the venue too."""
        return note


async def main() -> None:
    async with (
        venuekit.simulate(VENUE) as sim,
        venuekit.Runtime(plugins=plugins_with(Meter())) as runtime,
        venuekit.connect(VENUE, sim.credentials(VENUE), runtime=runtime) as account,
    ):
        sim.disturb(VENUE, ("POST", "/v5/position/set-leverage"), DropAfter())
        setting = await LeverageControl.of(account).set_leverage("ETHUSD", 3)
    print(f"leverage {setting.long}, changed: {setting.changed} (the answer was lost; it was read)")


asyncio.run(main())
