"""Plans for many symbols: what is shown of them, in a terminal and for cron."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from venuekit.capabilities import MarginType, Setting
from venuekit.cli.settings_text import pace_text, plan_text, report_text
from venuekit.settings import Pace, Plan, PlannedStep, Report, Result, ResultStatus, StepStatus, Target

Call = Callable[..., Any]

TARGET = """\
[accounts.toy_perp]
use = ["gems"]

[accounts.toy_perp.symbols.TOYUSD]
leverage = 10

[groups.gems]
symbols = ["GEM*"]
margin_type = "isolated"
leverage = 15
"""


def step(number: int, **fields: Any) -> PlannedStep:
    values: dict[str, Any] = {
        "account": "main",
        "venue": "acme",
        "symbol": f"S{number}",
        "setting": Setting.LEVERAGE,
        "side": None,
        "present": MarginType.CROSS,
        "target": MarginType.ISOLATED,
        "name": f"accounts.main.symbols.S{number}.leverage",
        "status": StepStatus.PENDING,
        "order": number,
        "weight": 6,
        "reason": None,
        "note": None,
        "affected": (),
        "decided_by": "/desk/target.toml:5",
    }
    return PlannedStep(**values | fields)


def plan_of(*steps: PlannedStep, paces: Sequence[Pace] = ()) -> Plan:
    return Plan(Target({}), steps, (), paces=tuple(paces))


def shown(plan: Plan, *, everything: bool = False, lines: bool = False) -> list[str]:
    return click.unstyle(plan_text(plan, everything=everything, lines=lines)).splitlines()


def test_symbols_that_are_alike_are_one_row() -> None:
    """From four on, with the first one's number and the weight of all; what differs has rows of its own."""
    alike = [step(number) for number in range(1, 413)]
    other = step(500, present=None)
    lines = shown(plan_of(*alike, other), lines=True)

    assert " ".join(lines[2].split()) == "1 main 412 symbols leverage cross isolated pending target.toml:5 2472"
    assert lines[3].split()[:3] == ["500", "main", "S500"]
    assert len(lines) == 5
    assert len(shown(plan_of(*alike[:3]))) == 2 + 3 + 1


def test_a_note_on_many_symbols_is_told_once() -> None:
    """With the first of them, the setting and the reason."""
    refused = [
        step(number, status=StepStatus.REFUSED, order=None, weight=None, reason="not now") for number in range(9)
    ]
    lines = shown(plan_of(*refused))
    assert lines[3] == "main: leverage of 9 symbols (S0, S1, S2, ...; target.toml:5): refused: not now"
    assert lines[4].startswith("9 refused; ")


def test_a_note_names_the_setting_and_the_line_that_decided() -> None:
    """The line may be that of a group: the file has no key of the symbol then, and none is told."""
    refused = step(1, status=StepStatus.REFUSED, order=None, weight=None, reason="not now")
    assert shown(plan_of(refused))[3] == "main S1 leverage (target.toml:5): refused: not now"
    without_file = attrs.evolve(refused, decided_by=None)
    assert shown(plan_of(without_file))[3] == "accounts.main.symbols.S1.leverage: refused: not now"


def test_symbols_of_several_lines_are_alike_where_no_line_is_shown() -> None:
    """As those of an undo file, each of which has a table of its own."""
    steps = [step(number, decided_by=f"/desk/undo.toml:{number}") for number in range(1, 6)]
    assert shown(plan_of(*steps))[2].split()[:4] == ["1", "main", "5", "symbols"]
    assert len(shown(plan_of(*steps), lines=True)) == 2 + 5 + 1


def test_settings_that_equal_their_targets_are_counted() -> None:
    """They are rows only when all are asked for; without any change there is no table."""
    same = plan_of(step(1, status=StepStatus.UNCHANGED, order=None, weight=None))
    assert shown(same) == ["1 unchanged; applying weighs at most 0; reading weighed nothing"]
    assert len(shown(same, everything=True)) == 4


def test_results_are_shown_alike() -> None:
    """A report hides settings that equalled their targets, and has one row for symbols that are alike."""
    fields = ("account", "venue", "symbol", "setting", "side", "present", "target", "name", "decided_by")
    results = [
        Result(**{name: getattr(step(number), name) for name in fields}, status=status)
        for number, status in enumerate([ResultStatus.CHANGED] * 5 + [ResultStatus.UNCHANGED] * 3)
    ]
    lines = click.unstyle(report_text(Report(tuple(results), ()), everything=False)).splitlines()
    assert lines[2].split()[:3] == ["main", "5", "symbols"]
    assert lines[3].startswith("5 changed, 3 unchanged; ")
    assert "S7" in report_text(Report(tuple(results), ()), everything=True)


@pytest.mark.parametrize(
    ("paces", "text"),
    [
        ([], ""),
        ([Pace("acme", "weight", 15, 0.4, 2400, 60)], " (about 1 s at 2400/min)"),
        ([Pace("acme", "weight", 7200, 180, 2400, 60)], " (about 3 min at 2400/min)"),
        ([Pace("acme", "weight", 1, 7200, 1, 7200)], " (about 2.0 h at 1/7200 s)"),
        (
            [Pace("acme", "weight", 7200, 180, 2400, 60), Pace("globex", "set", 120, 12, 10, 1)],
            " (about 3 min at 2400/min on acme, 12 s at 10/s on globex)",
        ),
    ],
)
def test_the_time_of_a_plan(paces: list[Pace], text: str) -> None:
    """It is rounded, and has the rate and, of several, the venue."""
    assert pace_text(paces) == text


def test_part_of_a_target(call: Call, fresh: Any, tmp_path: Path) -> None:
    """Names and patterns of symbols and accounts; the line that decided is shown where there are groups."""
    target = tmp_path / "target.toml"
    target.write_text(TARGET)
    place = (target, "--accounts", fresh.accounts)

    whole = call("plan", *place, "--all", "--json")
    part = call("plan", *place, "--symbol", "GEM*", "--account", "toy*")
    wrong = call("plan", *place, "--symbol", "GEMUDS")
    nobody = call("plan", *place, "--account", "desk*")

    assert {row["symbol"] for row in whole.rows} == {"GEMUSD", "TOYUSD"}
    assert part.status == 5
    assert "TOYUSD" not in part.out
    assert "target.toml:9" in part.out
    assert (wrong.status, nobody.status) == (64, 64)
    assert "no symbol of the target matches 'GEMUDS'; did you mean GEMUSD?" in wrong.err
    assert call("apply", *place, "--symbol", "GEM*", "--json").status == 0
    assert call("plan", *place, "--json").rows == []


def test_a_pattern_that_matches_nothing_ends_as_64(call: Call, fresh: Any, tmp_path: Path) -> None:
    """With its line and the nearest symbol; apply sends nothing."""
    target = tmp_path / "target.toml"
    target.write_text(TARGET.replace("GEM*", "GEMUDS"))
    place = (target, "--accounts", fresh.accounts)

    planned, applied = call("plan", *place), call("apply", *place)

    assert [planned.status, applied.status] == [64, 64]
    for called in (planned, applied):
        assert "target.toml:8: groups.gems.symbols: 'GEMUDS' matches no symbol that the venue lists" in called.err
        assert "did you mean GEMUSD?" in called.err


@pytest.mark.parametrize("as_json", [True, False])
def test_watching_prints_each_plan_that_differs(
    command: list[str], call: Call, fresh: Any, tmp_path: Path, *, as_json: bool
) -> None:
    """At first the plan, then another one once somebody has applied it; Ctrl-C ends it as 130."""
    target = tmp_path / "target.toml"
    target.write_text(TARGET)
    words = ["plan", str(target), "--accounts", str(fresh.accounts), "--watch", "0.1"]

    def next_plan(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        line = process.stdout.readline()
        if as_json:
            return f"{[row['status'] for row in json.loads(line)]}"
        while line and "applying weighs" not in line:
            line = process.stdout.readline()
        return line

    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, *words, *(["--json"] if as_json else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        watchdog = threading.Timer(60, process.kill)  # reading would wait for ever
        watchdog.start()
        try:
            assert "pending" in next_plan(process)
            assert call("apply", target, "--accounts", fresh.accounts).status == 0
            while "pending" in next_plan(process):
                pass  # it looked while only one of both was set
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            watchdog.cancel()
            process.kill()
    assert (process.returncode, out, err.strip()) == (130, "", "")
