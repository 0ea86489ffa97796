"""Markets: contracts and the venue's time, which anybody may read."""

from __future__ import annotations

from datetime import datetime

from venuekit.capabilities import Instrument, InstrumentReader, ServerTimeReader
from venuekit.plugin import Account, Echoes, Endpoint, Parameter, Role, Security, payload_decoder
from venuekit_frozen_swap.rows import INSTRUMENTS

SERVER_TIME = Endpoint(
    "GET",
    "/v1/time",
    decode=payload_decoder(datetime, within=("now",)),
    security=Security.NONE,
    serves=(ServerTimeReader.get_server_time,),
)
CONTRACTS = Endpoint(
    "GET",
    "/v1/contracts",
    decode=INSTRUMENTS.read_all,
    rows=(("contracts",),),
    echoes=Echoes.each({"contract": "symbol"}),
    parameters=(Parameter("contract", role=Role.SYMBOL, pattern="[A-Z]{3,12}"),),
    security=Security.NONE,
    serves=(InstrumentReader.get_instruments,),
)


class SwapMarkets(Account, InstrumentReader, ServerTimeReader):
    """The contracts and the time."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every contract, or the requested one."""
        answer = await self.answer_rows(CONTRACTS, contract=symbol)
        return answer.value

    async def get_server_time(self) -> datetime:
        """Return the venue's clock."""
        return await self.call(SERVER_TIME)
