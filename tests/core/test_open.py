"""open(): an account that outlives every block, until it is closed."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

import venuekit
from venuekit import Runtime, errors
from venuekit.capabilities import LeverageReader
from venuekit.connecting import _given_back, _shared
from venuekit_toy_perp import TOY_PERP


async def test_an_opened_account_works_until_it_is_closed() -> None:
    """It reads without a block around it; closed, it sends nothing, and closing it again does nothing."""
    async with venuekit.simulate("toy_perp") as sim:
        account = await venuekit.open("toy_perp", sim.credentials("toy_perp"), name="main")
        reader = LeverageReader.of(account)
        assert (await reader.get_leverage("TOYUSD")).long is not None

        await account.aclose()
        await account.aclose()

        assert asyncio.get_running_loop() not in _shared
        with pytest.raises(errors.AccountClosed):
            await reader.get_leverage("TOYUSD")


async def test_an_account_is_a_block_too() -> None:
    """``async with account:`` closes it at the end, and with it every view of it."""
    async with venuekit.simulate("toy_perp") as sim:
        account = await venuekit.open(TOY_PERP, sim.credentials("toy_perp"))
        view = account.with_options(deadline=5)
        async with account as same:
            assert same is account

        with pytest.raises(errors.AccountClosed):
            await LeverageReader.of(view).get_leverage("TOYUSD")


async def test_accounts_of_a_loop_share_its_runtime_however_they_are_opened() -> None:
    """The last to be closed closes it, be it opened for a block or without one."""
    async with venuekit.simulate("toy_perp") as sim:
        credentials = sim.credentials("toy_perp")
        one = await venuekit.open("toy_perp", credentials)
        async with venuekit.connect("toy_perp", credentials):
            await one.aclose()
            assert asyncio.get_running_loop() in _shared

        assert asyncio.get_running_loop() not in _shared


async def test_an_account_of_a_runtime_leaves_it_open() -> None:
    """A runtime that was given is its owner's: the account ends alone."""
    async with venuekit.simulate("toy_perp") as sim, Runtime() as runtime:
        for _ in range(2):
            async with await venuekit.open("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account:
                await account.sync_clock()


async def test_an_account_that_cannot_be_opened_holds_nothing() -> None:
    """The loop's runtime is closed again, and nothing is warned of."""
    async with venuekit.simulate("toy_perp") as sim:
        with warnings.catch_warnings(record=True) as warned:
            with pytest.raises(errors.UnknownVenue):
                await venuekit.open("toy_prep", sim.credentials("toy_perp"))
            gc.collect()

    assert warned == []
    assert asyncio.get_running_loop() not in _shared


async def test_an_account_that_nobody_closed_is_warned_of_and_closed() -> None:
    """The warning has its name and the mend, no key and no secret; what it held is given back in its loop."""
    async with venuekit.simulate("toy_perp") as sim:
        credentials = sim.credentials("toy_perp")
        account = await venuekit.open("toy_perp", credentials, name="main")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            del account
            gc.collect()
        await asyncio.sleep(0)
        await asyncio.gather(*_given_back)

    assert asyncio.get_running_loop() not in _shared
    [words] = [str(one.message) for one in warned if one.category is ResourceWarning]
    assert words.startswith("main <ToyPerpAccount toy_perp sim ")
    assert words.endswith("was never closed; call `await account.aclose()`, or use it in `async with account:`")
    assert credentials.key.reveal() not in words
    assert credentials.secret.reveal() not in words
