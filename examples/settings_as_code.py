"""Plan target.toml, apply it, and apply it again: what `venuekit plan` and `venuekit apply` do, as functions."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import venuekit
from venuekit.settings import apply, plan, read_target

TARGET = Path(__file__).with_name("target.toml")


async def main() -> None:
    file = read_target(TARGET)
    async with venuekit.simulate() as sim, AsyncExitStack() as stack:
        accounts = {
            name: await stack.enter_async_context(venuekit.connect(venue, sim.credentials(venue)))
            for name, venue in file.declared_venues.items()
        }
        target = file.check({name: account.venue for name, account in accounts.items()})

        planned = await plan(target, accounts)
        for step in planned.pending:
            print(f"{step}: {step.present} -> {step.target}, weight {step.weight}")
        for attempt in ("first", "second"):
            report = await apply(await plan(target, accounts), accounts)
            print(f"{attempt} time:", ", ".join(f"{one.setting} {one.status}" for one in report.results))


asyncio.run(main())
