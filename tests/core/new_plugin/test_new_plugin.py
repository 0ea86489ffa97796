"""``venuekit new-plugin`` writes a distribution that passes the conformance suite as it is."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest
from tests.core.new_plugin.generated import MOST_LINES, all_answers, announce, count_lines, generate, run, run_kit

from venuekit.cli import main
from venuekit.errors import ConfigurationError
from venuekit.new_plugin import Contracts, PluginAnswers, Positions, RouteCount, SigningStyle, make_plugin

LARGEST = PluginAnswers(
    name="largest",
    signing=SigningStyle.PASSPHRASE,
    positions=Positions.HEDGE,
    contracts=Contracts.INVERSE,
    order_routes=RouteCount.TWO,
)
SMALLEST = PluginAnswers(name="smallest", signing=SigningStyle.QUERY, order_routes=RouteCount.NONE)


def test_the_command_writes_a_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without questions, the usual answers make a distribution named after the venue, whose suite can run."""
    monkeypatch.chdir(tmp_path)

    status = main(["new-plugin", "acme_perp", "--defaults"])

    directory = tmp_path / "venuekit-acme-perp"
    announce(directory)
    assert status == 0
    assert "pip install --editable '.[dev]'" in capsys.readouterr().out
    assert re.fullmatch(r"\d{3} tests collected in .*", run_kit(directory, "--collect-only"))


def test_the_largest_plugin_passes(tmp_path: Path) -> None:
    """Legs, inverse contracts, a passphrase and stop orders on a route of their own pass the suite as well."""
    directory = generate(LARGEST, tmp_path)

    assert " passed" in run_kit(directory)
    assert count_lines(directory) <= MOST_LINES


def test_the_simulator_and_the_commands_take_it(tmp_path: Path) -> None:
    """``venues`` and ``capabilities`` show a plugin without orders as any other, with the title of its id."""
    directory = generate(SMALLEST, tmp_path)

    rows = json.loads(run(directory, "venuekit", "venues", "--json").stdout)

    (row,) = [row for row in rows if row["venue"] == "smallest"]
    assert row["title"] == "Smallest"


def test_every_combination_is_another_plugin() -> None:
    """The answers are four styles of signing, two of positions, two of contracts, and up to two routes of orders."""
    combinations = list(all_answers())

    assert len({answers.name for answers in combinations}) == len(combinations) == 4 * 2 * 2 * 3
    assert combinations[0].to_data() == {
        "name": "header_one_way_linear_0",
        "signing": "header",
        "positions": "one-way",
        "contracts": "linear",
        "order_routes": 0,
    }


@pytest.mark.parametrize("signing", SigningStyle)
def test_each_style_of_signing_is_python(signing: SigningStyle, tmp_path: Path) -> None:
    """Each module of each style is a whole module of Python with a docstring, and no question is left in it."""
    directory = generate(PluginAnswers(name="acme", signing=signing), tmp_path)

    modules = [path for path in directory.rglob("*.py") if path.name != "py.typed"]
    assert {path.stem for path in modules} > {"signing", "orders", "simulated", "test_conformance"}
    for path in modules:
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text))
        assert "{%" not in text
        assert "{{" not in text


def test_a_directory_with_files_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written where something is already."""
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(ConfigurationError, match="is not empty: name another directory"):
        make_plugin(PluginAnswers(name="acme"), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["Acme", "acme-perp", "1acme", "a", "acme perp", ""])
def test_a_name_that_is_no_id_is_refused(name: str) -> None:
    """A name must do as the id of a venue and in that of a package; the error says how one looks."""
    with pytest.raises(ConfigurationError, match=r"is no id of a venue: .* like acme_perp"):
        PluginAnswers(name=name)


def test_without_copier_the_mend_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The extra that brings the missing package is named, and nothing is written."""
    monkeypatch.setitem(sys.modules, "copier", None)

    with pytest.raises(
        ConfigurationError, match=r"needs copier, which is missing: pip install 'venuekit\[new-plugin\]'"
    ):
        make_plugin(PluginAnswers(), tmp_path / "acme")

    assert not (tmp_path / "acme").exists()


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    """A question that nobody can answer is an error that names the option."""
    done = run(tmp_path, "venuekit", "new-plugin", "acme")

    assert done.returncode != 0
    assert "there is no terminal to ask on: give --defaults, or every option" in done.stderr
