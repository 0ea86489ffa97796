"""Mutants of fills, countdowns and dead man's switches."""

from __future__ import annotations

from functools import partial

from tests.mutants.harness import Mutant

_swap = partial(Mutant, of="toy_swap")
_usdm = partial(Mutant, of="binance_usdm", package="venuekit_binance_common")
_coinm = partial(Mutant, of="binance_coinm", package="venuekit_binance_common")
_bybit = partial(Mutant, of="bybit_inverse")

_FILLS = "test_fills_agree_with_the_ledger"
_BEATS = "test_countdown_block_beats_in_time"

_OF_FILLS = (
    _usdm(
        name="a commission that is paid is positive",
        kind="fills",
        file="orders/rows.py",
        old="_ZERO + commission_sign * commission",
        new="_ZERO - commission_sign * commission",
        caught_by=_FILLS,
    ),
    _usdm(
        name="makers and takers change places",
        kind="fills",
        file="orders/rows.py",
        old='is_maker=flag("maker", may_be_blank=True),',
        new='is_maker=derived(lambda maker: not maker, flag("maker", may_be_blank=True)),',
        caught_by=_FILLS,
    ),
    _usdm(
        name="quantity and value of a fill change places",
        kind="fills",
        file="orders/rows.py",
        old="""quantity=number("qty"),
            time=milliseconds("time"),
            position_side=words("positionSide", POSITION_SIDES, unknown=PositionSide, may_be_blank=True),
            value=number(quantity, may_be_blank=True),""",
        # messages, which have no value, must still find the column of the quantity among those of their fill
        new="""quantity=derived(lambda _, value: value, number("qty"), number(quantity)),
            time=milliseconds("time"),
            position_side=words("positionSide", POSITION_SIDES, unknown=PositionSide, may_be_blank=True),
            value=number("qty"),""",
        caught_by=_FILLS,
    ),
    _coinm(
        name="a fill's profit is a loss",
        kind="fills",
        file="orders/rows.py",
        old='realized_pnl=number("realizedPnl", may_be_blank=True),',
        new='realized_pnl=derived(lambda pnl: -(pnl or _ZERO), number("realizedPnl", may_be_blank=True)),',
        caught_by=_FILLS,
    ),
    _bybit(
        name="a rebate is a fee",
        kind="fills",
        file="order_rows.py",
        old="return None if paid is None else Decimal(0) - paid",
        new="return None if paid is None else abs(paid)",
        caught_by=_FILLS,
    ),
)

_BLOCK = '''class SwapCountdown(CountdownSwitchPart):
    """The countdown of the account."""

    __slots__ = ()

    @asynccontextmanager
    async def countdown(self, symbol: str | None, seconds: float) -> AsyncIterator[None]:
        """Keep the countdown armed."""
        await self.set_countdown(symbol, seconds)
{block}

class ToySwapAccount(
'''


def _block(name: str, block: str, caught_by: str) -> Mutant:
    """Return the mutant of an author who writes the block of a countdown anew."""
    return _swap(
        name=name,
        kind="countdowns",
        file="account.py",
        old="class ToySwapAccount(\n",
        new="from contextlib import asynccontextmanager\nfrom collections.abc import AsyncIterator\n\n\n"
        + _BLOCK.replace("{block}", block)
        + "    SwapCountdown,\n",
        caught_by=caught_by,
    )


_COUNTDOWNS = (
    _swap(
        name="seconds are sent as milliseconds",
        kind="countdowns",
        file="account.py",
        old='time="seconds", unit=1000)',
        new='time="seconds", unit=1)',
        caught_by="test_countdown_has_its_deadline",
    ),
    _swap(
        name="a countdown is never disarmed",
        kind="countdowns",
        file="endpoints.py",
        old='Parameter("seconds", Kind.INTEGER, required=True, minimum=Decimal(0)),',
        new='Parameter("seconds", Kind.INTEGER, required=True, minimum=Decimal(1)),',
        caught_by="test_countdown_has_its_deadline",
    ),
    _block(
        "a block does not renew its countdown",
        "        yield\n        await self.set_countdown(symbol, None)\n",
        _BEATS,
    ),
    _block(
        "a block renews its countdown when it has ended",
        """        import asyncio

        async def beat() -> None:
            while True:
                await self.pause(seconds)
                await self.set_countdown(symbol, seconds)

        beating = asyncio.create_task(beat())
        yield
        beating.cancel()
        await self.set_countdown(symbol, None)
""",
        _BEATS,
    ),
    _block(
        "a block waits by the clock of the loop",
        """        import asyncio

        async def beat() -> None:
            while True:
                await asyncio.sleep(seconds / 3)
                await self.set_countdown(symbol, seconds)

        beating = asyncio.create_task(beat())
        yield
        beating.cancel()
        await self.set_countdown(symbol, None)
""",
        _BEATS,
    ),
    _block(
        "an exception in a block disarms its countdown",
        "        try:\n            yield\n        finally:\n            await self.set_countdown(symbol, None)\n",
        "test_countdown_stays_armed_after_an_exception",
    ),
)

_SWITCHES = (
    _bybit(
        name="a watched connection is closed before it is released",
        kind="switches",
        file="stream_session.py",
        old="unsubscriptions=(_unsubscribe(_PROTECTION),)",
        new="unsubscriptions=()",
        caught_by="test_switch_that_is_left_cancels_nothing",
    ),
    _bybit(
        name="a connection does not ask to be watched",
        kind="switches",
        file="stream_session.py",
        old="subscriptions=(_subscribe(_PROTECTION),)",
        new="subscriptions=(_subscribe(_WALLET),)",
        caught_by="test_switch_fires_after_an_exception",
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_OF_FILLS, *_COUNTDOWNS, *_SWITCHES)
