"""Accounts of a file, opened from Python: by name, with the limits that the file sets, all of them or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

import venuekit
from venuekit import Account, Runtime, errors
from venuekit.capabilities import BalanceReader, InstrumentReader, LeverageControl, PriceReader
from venuekit.simulator import Simulation
from venuekit.simulator.serve import write_accounts_file
from venuekit.testing import plugins_with
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_swap import TOY_SWAP

PLUGINS = plugins_with(TOY_PERP, TOY_SWAP)


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    """Two simulated venues with an account each, named like the venue."""
    async with venuekit.simulate("toy_perp", "toy_swap", plugins=PLUGINS) as simulation:
        yield simulation


@pytest.fixture
def file(simulation: Simulation, tmp_path: Path) -> Path:
    """The accounts file of the simulation."""
    path = tmp_path / "accounts.toml"
    write_accounts_file(path, simulation)
    return path


def limit(file: Path, name: str, line: str) -> None:
    """Add a line to the table of an account."""
    head = f"[accounts.{name}]"
    text = file.read_text()
    assert text.count(head) == 1
    file.write_text(text.replace(head, f"{head}\n{line}"))


def lose_secret(file: Path, name: str) -> None:
    """Have the secret of an account refer to a file that there is not."""
    before, head, table = file.read_text().partition(f"[accounts.{name}]")
    assert 'secret = "file:' in table
    file.write_text(before + head + table.replace('secret = "file:', 'secret = "file:lost-', 1))


async def test_all_accounts_of_a_file_are_open_by_name(file: Path) -> None:
    """They are in the order of the file, and closed with the block."""
    async with venuekit.open_accounts(file, plugins=PLUGINS) as accounts:
        assert [*accounts] == ["toy_perp", "toy_swap"]
        assert len(accounts) == 2
        assert repr(accounts) == "<Accounts toy_perp, toy_swap>"
        account = accounts["toy_perp"]
        assert await BalanceReader.of(account).get_balances()
        with pytest.raises(KeyError):
            accounts["nobody"]

    with pytest.raises(errors.AccountClosed):
        await BalanceReader.of(account).get_balances()


async def test_named_accounts_are_open_in_the_order_of_their_names(file: Path) -> None:
    """Each once, in the runtime that is handed in, which stays open."""
    async with Runtime(plugins=PLUGINS) as runtime:
        async with venuekit.open_accounts(file, "toy_swap", "toy_perp", "toy_swap", runtime=runtime) as accounts:
            assert [*accounts] == ["toy_swap", "toy_perp"]
        async with venuekit.open_accounts(file, "toy_perp", runtime=runtime) as accounts:
            assert [*accounts] == ["toy_perp"]


async def test_the_limits_of_the_file_always_apply(file: Path) -> None:
    """Its guard refuses what it forbids, and nothing is sent."""
    limit(file, "toy_perp", "max_leverage = 5")
    async with venuekit.open_accounts(file, "toy_perp", plugins=PLUGINS) as accounts:
        with pytest.raises(errors.GuardRefused, match="leverage 6 is above 5"):
            await LeverageControl.of(accounts["toy_perp"]).set_leverage("XBTUSD", 6)


@pytest.mark.parametrize("in_file", [True, False])
async def test_read_only_is_the_files_or_the_programs(file: Path, in_file: bool) -> None:
    """Neither can be undone by the other."""
    if in_file:
        limit(file, "toy_perp", "read_only = true")
    async with venuekit.open_accounts(file, "toy_perp", read_only=not in_file, plugins=PLUGINS) as accounts:
        with pytest.raises(errors.GuardRefused, match="read-only"):
            await LeverageControl.of(accounts["toy_perp"]).set_leverage("XBTUSD", 2)


async def test_where_one_cannot_be_opened_none_is(file: Path) -> None:
    """The error names the account; a program never runs with some of its accounts alone."""
    lose_secret(file, "toy_swap")
    with pytest.raises(errors.VenuekitError) as caught:
        async with venuekit.open_accounts(file, plugins=PLUGINS):
            pytest.fail("it was opened")

    assert caught.value.account == "toy_swap"


async def test_an_unknown_name_is_refused_before_anything_is_opened(file: Path, simulation: Simulation) -> None:
    """The nearest name is suggested."""
    simulation.requests.clear()
    with pytest.raises(errors.AccountsFileError, match="did you mean toy_perp"):
        async with venuekit.open_accounts(file, "toy_pert", plugins=PLUGINS):
            pytest.fail("it was opened")

    assert not simulation.requests


async def test_accounts_are_asked_for_a_capability(file: Path) -> None:
    """Those that lack it are left out."""
    async with venuekit.open_accounts(file, plugins=PLUGINS) as accounts:
        assert [*accounts.of(InstrumentReader)] == ["toy_perp", "toy_swap"]
        lacking = [name for name, account in accounts.items() if not account.support(PriceReader)]
        assert [*accounts.of(PriceReader)] == [name for name in accounts if name not in lacking]
        assert lacking


async def test_one_call_on_each_has_a_value_or_the_error_by_name(file: Path) -> None:
    """The failure of one keeps no other from its value."""

    async def wallet(account: Account) -> Decimal | None:
        if account.venue.id == "toy_swap":
            raise errors.UnsupportedCapability("not here", venue=account.venue.id, operation="wallet")
        return (await BalanceReader.of(account).get_balances())[0].wallet

    async with venuekit.open_accounts(file, plugins=PLUGINS) as accounts:
        found = await accounts.each(wallet)

    assert isinstance(found.values["toy_perp"], Decimal)
    assert [*found.errors] == ["toy_swap"]
