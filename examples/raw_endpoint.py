"""An operation that has no capability: declare it, and it is signed, paid for, retried and judged like all others."""

import asyncio

import attrs

import venuekit
from venuekit.payloads import payload_decoder


@attrs.frozen
class Permissions:
    """A part of the venue's answer; fields that are not named are ignored."""

    fee_tier: int
    can_trade: bool


PERMISSIONS = venuekit.Endpoint(
    "GET",
    "/fapi/v1/accountConfig",
    decode=payload_decoder(Permissions, renames={Permissions: {"fee_tier": "feeTier", "can_trade": "canTrade"}}),
    weight=5,
    pools={"weight": None},
)


async def main() -> None:
    async with (
        venuekit.simulate("binance_usdm") as sim,
        venuekit.connect("binance_usdm", sim.credentials("binance_usdm")) as account,
    ):
        permissions = await account.call(PERMISSIONS)
        print(f"fee tier {permissions.fee_tier}, may trade: {permissions.can_trade}")


asyncio.run(main())
