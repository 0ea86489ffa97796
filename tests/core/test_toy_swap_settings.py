"""Settings of Toy Swaps as code: leverage of each margin type and side, set along with the margin type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from venuekit import errors
from venuekit.capabilities import MarginType, PositionSide
from venuekit.cli import main
from venuekit.settings import apply, parse_target, plan, plan_exit_status
from venuekit.simulator import DropAfter, DropBefore
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import write_accounts_file
from venuekit.testing.staged import Stage, on_stage
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP

TARGET = """\
[accounts.main]
venue = "toy_swap"

[accounts.main.symbols.GEMXBT]
margin_type = "isolated"
leverage = { isolated = { long = 3, short = 4 } }

[accounts.main.symbols.ALTXBT]
leverage = 12
"""


async def carried_out(stage: Stage, text: str) -> Any:
    """Plan, apply and verify a target, and expect the next plan to be empty."""
    wanted = parse_target(text).check({"main": TOY_SWAP})
    accounts = {"main": stage.account}
    report = await apply(await plan(wanted, accounts), accounts)
    again = await plan(wanted, accounts)
    assert plan_exit_status(again) == 0, again.rows()
    return report


async def leverages(stage: Stage) -> dict[MarginType, tuple[Decimal | None, Decimal | None]]:
    """Return the leverages of GEMXBT, long and short, by margin type."""
    found = {}
    for margin_type in (MarginType.CROSS, MarginType.ISOLATED):
        setting = await stage.account.get_leverage("GEMXBT", margin_type=margin_type)
        found[margin_type] = setting.long, setting.short
    return found


async def test_every_leverage_of_a_symbol_is_planned_applied_and_verified() -> None:
    """Each side of the margin type, which changes along with them; a second plan is empty."""
    async with on_stage(TOY_SWAP) as stage:
        report = await carried_out(stage, TARGET)

        assert {row["status"] for row in report.rows()} <= {"changed", "unchanged"}
        assert await leverages(stage) == {MarginType.CROSS: (10, 10), MarginType.ISOLATED: (3, 4)}
        assert stage.ledger.margin_type("GEMXBT") is MarginType.ISOLATED
        assert stage.ledger.leverage("ALTXBT") == 12


@pytest.mark.parametrize("trouble", [DropAfter(), DropBefore()], ids=["answer", "request"])
async def test_a_lost_step_of_a_plan_holds_in_the_end(trouble: Any) -> None:
    """It is read back, and sent once more where it is not there."""
    async with on_stage(TOY_SWAP) as stage:
        stage.disturb(SWAP.SET_LEVERAGE, trouble)
        await carried_out(stage, TARGET)

        assert await leverages(stage) == {MarginType.CROSS: (10, 10), MarginType.ISOLATED: (3, 4)}


async def test_one_half_of_a_joint_setting_leaves_the_other() -> None:
    """Each side keeps its leverage when the margin type changes, and the margin type stays when a leverage does."""
    async with on_stage(TOY_SWAP) as stage:
        await stage.account.set_leverage("GEMXBT", 7, side=PositionSide.SHORT)
        assert (await stage.account.set_margin_type("GEMXBT", MarginType.ISOLATED)).changed
        await stage.account.set_leverage("GEMXBT", 8, side=PositionSide.LONG)

        assert await leverages(stage) == {MarginType.CROSS: (10, 7), MarginType.ISOLATED: (8, 10)}
        assert [arrival.parameters for arrival in stage.arrivals(SWAP.SET_LEVERAGE)] == [
            {"contract": "GEMXBT", "margin": margin, "side": side, "leverage": leverage}
            for margin, side, leverage in (
                ("cross", "short", "7"),
                ("isolated", "long", "10"),
                ("isolated", "long", "8"),
            )
        ]


async def test_a_leverage_without_its_side_is_refused() -> None:
    """One sentence names the sides, and nothing is sent."""
    async with on_stage(TOY_SWAP) as stage:
        with pytest.raises(errors.InvalidArgument, match="name long or short") as caught:
            await stage.account.set_leverage("GEMXBT", 7)

        assert caught.value.outcome is errors.Outcome.NOT_SENT
        assert stage.simulation.requests == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "leverage = { cross = 5 }",
            r"settings.toml:\d+: .*leverage.cross: cannot hold together with .*margin_type = isolated \(line \d+\)",
        ),
        ("leverage = { isolated = { up = 3 } }", r"settings.toml:\d+: .*up"),
    ],
)
def test_target_that_contradicts_itself_is_refused(line: str, words: str) -> None:
    """A joint setting asked for in parts that cannot both hold: one sentence with the lines of both."""
    text = f'[accounts.main]\nvenue = "toy_swap"\n[accounts.main.symbols.GEMXBT]\nmargin_type = "isolated"\n{line}\n'
    with pytest.raises(errors.TargetFileError, match=words):
        parse_target(text).check({"main": TOY_SWAP})


# -- the command line


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    """Run the command line against the simulated venue; returns its status and output."""
    monkeypatch.chdir(tmp_path)
    Path("target.toml").write_text(TARGET.replace("accounts.main", "accounts.toy_swap"))

    def call(*words: str) -> tuple[int, str]:
        status = main(["--accounts", "accounts.toml", *words])
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    with BackgroundSimulation("toy_swap") as simulation:
        simulation.call(lambda sim: write_accounts_file(Path("accounts.toml"), sim))
        yield call


def test_command_line_plans_and_applies(run: Callable[..., tuple[int, str]]) -> None:
    """Pending, done, and nothing left to do."""
    steps = (["plan", "target.toml"], ["apply", "target.toml", "--yes"], ["plan", "target.toml"])
    assert [run(*words)[0] for words in steps] == [5, 0, 0]


def test_command_line_reads_and_writes(run: Callable[..., tuple[int, str]]) -> None:
    """Every table of the account, a leverage of one side, and an order that is placed and cancelled."""
    for words in (
        ["balances"],
        ["positions"],
        ["instruments", "toy_swap"],
        ["export", "toy_swap"],
        ["order", "list"],
    ):
        status, shown = run(*words)
        assert status == 0, shown
    status, shown = run("leverage", "toy_swap", "GEMXBT", "6", "--side", "short", "--margin-type", "isolated", "--json")
    assert status == 0, shown
    assert '"6"' in shown
    status, shown = run("order", "place", "toy_swap", "GEMXBT", "buy", "2", "--price", "0.01", "--client-id", "mine")
    assert status == 0, shown
    status, shown = run("order", "cancel", "toy_swap", "GEMXBT", "--client-id", "mine", "--json")
    assert status == 0, shown
    assert json.loads(shown)[0]["status"] == "canceled"
    status, shown = run("history", "income", "toy_swap")
    assert status == 0, shown
    assert "transfer" in shown


def test_accounts_file_carries_the_passphrase_as_a_reference(tmp_path: Path) -> None:
    """The file that the simulator writes names a file for it, never the text."""
    with BackgroundSimulation("toy_swap") as simulation:
        simulation.call(lambda sim: write_accounts_file(tmp_path / "accounts.toml", sim))
        passphrase = simulation.call(lambda sim: sim.key_of("toy_swap").fields["passphrase"])

    text = (tmp_path / "accounts.toml").read_text()
    assert "passphrase = " in text
    assert passphrase not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("passphrase = ", "passfrase = "),
            r"accounts.toml:\d+: .*toy_swap takes no passfrase.*did you mean passphrase",
        ),
        (
            ("passphrase = ", "# passphrase = "),
            r"accounts.toml:\d+: .*toy_swap needs passphrase: the passphrase that was",
        ),
    ],
)
def test_accounts_file_with_another_field_is_refused_with_its_line(
    change: tuple[str, str], words: str, run: Callable[..., tuple[int, str]]
) -> None:
    """One sentence with file and line, before anything is sent."""
    text = Path("accounts.toml").read_text()
    Path("accounts.toml").write_text(text.replace(*change))

    status, shown = run("balances")

    assert status != 0
    assert re.search(words, " ".join(shown.split())), shown
