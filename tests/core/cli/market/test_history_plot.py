"""``history --plot``: pictures of the rows of made-up venues, of continued files, and of less than was asked for."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.market.history_files import FORMATS, Call, Start, need_format
from tests.core.cli.svg_texts import points_of, texts_of

imread = pytest.importorskip("matplotlib.image", reason="the extra plot is not installed").imread

WORDS = ("history", "income", "main", "--output", "out.csv", "--plot", "out.svg")


def test_income_is_summed_by_asset(call: Call, market: Any) -> None:
    """A panel for each asset has its unit, a line for each account, and a mark for each payment; transfers are said."""
    market.tell(rows=120)

    called = call("history", "income", "main", "other", "--output", "out.csv", "--plot", "out.svg")

    rows = [one for one in market.rows("income", 120) if one.kind not in {"transfer", "conversion"}]
    of_assets = [sum(one.asset == asset for one in rows) for asset in ("TOY", "USD")]
    texts = texts_of(Path("out.svg"))
    assert called.status == 0
    assert {"sum of income so far, TOY", "sum of income so far, USD", "time, UTC", "main", "other"} <= set(texts)
    assert {"TOY", "USD"} <= set(texts)
    assert points_of(Path("out.svg"), "line2d") == [[number] * 2 for number in of_assets]
    left_out = f"{240 - 2 * len(rows)} of 240 rows are transfers and conversions, which are not summed"
    assert left_out in texts
    assert f"out.svg: drawn; {left_out}" in called.err
    assert texts[-2].startswith("history income: 240 rows, 2023-11-14 22:13:20 to 2023-11-14 22:13:59 UTC")


def test_a_png_is_a_picture(call: Call, market: Any) -> None:
    """It opens, in its size, and is not of one colour; it replaces a former one."""
    market.tell(rows=40)

    assert call("history", "pnl", "main", "--output", "out.csv", "--plot", "out.png").status == 0
    first = Path("out.png").read_bytes()
    market.tell(rows=50)
    assert call("history", "pnl", "main", "--output", "out.csv", "--plot", "out.png").status == 0
    assert Path("out.png").read_bytes() != first

    picture = imread("out.png")
    assert picture.shape[:2] == (500, 1000)
    assert picture.min() < picture.max()


@pytest.mark.parametrize("name", ["out.png", "out.svg"])
def test_a_picture_replaces_pictures_of_its_own_alone(call: Call, market: Any, name: str) -> None:
    """Another file of that name is left as it is, and nothing is downloaded; a drawn one is replaced."""
    market.tell(rows=3)
    words = ("history", "pnl", "main", "--output", "out.csv", "--plot", name)
    Path(name).write_text("the logo", encoding="utf-8")
    refused = call(*words)

    assert refused.status == 64
    assert f"--plot {name}: it exists and is no picture of matplotlib, so it is not overwritten" in refused.err
    assert (Path(name).read_text(encoding="utf-8"), Path("out.csv").exists()) == ("the logo", False)
    Path(name).unlink()
    assert [call(*words).status, call(*words).status] == [0, 0]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_continued_file_is_drawn_whole(call: Call, market: Any, file_format: str) -> None:
    """The rows of former runs are in the picture, too, also where nothing was added."""
    need_format(file_format)
    words = ("history", "conversions", "main", "--output", f"out.{file_format}", "--plot", "out.svg")
    for rows in (30, 50, 50):
        market.tell(rows=rows)
        assert call(*words).status == 0
        assert points_of(Path("out.svg"), "line2d") == [[rows], [rows]]


def test_rows_on_standard_output_are_drawn(call: Call, market: Any) -> None:
    """The output has the rows alone, and the picture the same ones."""
    market.tell(rows=30)

    called = call("history", "fills", "main", "--symbol", "GEMUSD", "--plot", "out.svg")

    assert len(called.out.splitlines()) == 31
    assert points_of(Path("out.svg"), "PathCollection") == [[15, 15]]
    texts = texts_of(Path("out.svg"))
    assert {"buy: 15", "sell: 15", "fills of GEMUSD, main; the largest is 30 contracts"} <= set(texts)
    assert [text for text in texts if text.startswith("price, ")]


def test_orders_are_drawn_at_their_prices(call: Call, market: Any) -> None:
    """A dot for each order, by side."""
    market.tell(rows=12)

    assert call("history", "orders", "main", "--output", "out.csv", "--plot", "out.svg").status == 0

    assert points_of(Path("out.svg"), "PathCollection") == [[12]]
    assert "buy: 12" in texts_of(Path("out.svg"))


def test_withdrawals_that_have_not_succeeded_are_no_payments(call: Call, market: Any) -> None:
    """The sum has the others, and the picture says so."""
    market.tell(rows=10)

    assert call("history", "withdrawals", "main", "--output", "out.csv", "--plot", "out.svg").status == 0

    assert points_of(Path("out.svg"), "line2d") == [[5]]
    words = "5 of 10 rows are withdrawals that have not succeeded, which are not summed"
    assert words in texts_of(Path("out.svg"))


def test_a_picture_of_less_says_so(call: Call, market: Any) -> None:
    """After an error in the middle, what arrived is drawn; the picture and the last line name the account."""
    market.tell(rows=1000, most=300)

    called = call(*WORDS)

    words = "not all of it: main was not read to its end"
    assert called.status == 1
    assert words in texts_of(Path("out.svg"))
    assert words in called.err.splitlines()[-1]
    market.tell(rows=1000)
    assert call(*WORDS).status == 0
    assert words not in texts_of(Path("out.svg"))


def test_a_warning_of_missing_rows_is_in_the_picture(call: Call, market: Any) -> None:
    """Such as that the venue does not keep the whole span."""
    market.tell(rows=30, warning="toy_market keeps a week alone")

    called = call(*WORDS)

    assert "warning: toy_market keeps a week alone" in called.err
    assert "toy_market keeps a week alone" in texts_of(Path("out.svg"))


def test_nothing_to_draw_is_an_error(call: Call, market: Any) -> None:
    """The former picture stays, the rows are there, and the status is 1."""
    Path("out.svg").write_text("a former picture of Matplotlib v3", encoding="utf-8")

    called = call(*WORDS)

    assert called.status == 1
    assert "error: out.svg: not drawn: history income: 0 rows" in called.err
    assert Path("out.svg").read_text(encoding="utf-8") == "a former picture of Matplotlib v3"
    assert Path("out.csv").exists()


def test_an_interrupted_download_is_not_drawn(market: Any, start: Start, tmp_path: Path) -> None:
    """It says so; the rows so far are in their file."""
    market.tell(rows=500, page=100, held=300)

    process = start(*WORDS)
    assert process.stderr is not None
    while not (tmp_path / "out.csv").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "out.svg: not drawn" in err
    assert not (tmp_path / "out.svg").exists()


@pytest.mark.parametrize(
    ("plot", "mend"), [("out.pdf", "ends with .png or .svg"), ("gone/out.svg", "there is no directory gone")]
)
def test_a_file_that_cannot_be_drawn_is_refused_first(call: Call, market: Any, plot: str, mend: str) -> None:
    """Nothing is downloaded before that."""
    called = call("history", "income", "main", "--output", "out.csv", "--plot", plot)

    assert called.status == 64
    assert mend in called.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    "words", [["history", "income", "main", "--output", "out.csv"], ["report", "pnl", "main"]], ids=" ".join
)
def test_without_matplotlib_the_error_says_how_to_install_it(
    call: Call, market: Any, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Before anything is downloaded."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    called = call(*words, "--plot", "out.svg")

    assert called.status == 64
    assert "--plot needs matplotlib: pip install 'venuekit[plot]'" in called.err
    assert not Path("out.csv").exists()


def test_names_that_would_be_formulas_or_hidden_are_text(call: Call, market: Any) -> None:
    """Two dollar signs are no formula, and a legend shows a name that begins with an underscore."""
    text = Path("accounts.toml").read_text(encoding="utf-8")
    text = text.replace("[accounts.main]", '[accounts."_a$b$"]')
    Path("accounts.toml").write_text(text, encoding="utf-8")
    market.tell(rows=20)

    assert call("history", "pnl", "_a$b$", "--output", "out.csv", "--plot", "out.svg").status == 0

    assert any(re.fullmatch(r" ?_a\$b\$", text) for text in texts_of(Path("out.svg")))
