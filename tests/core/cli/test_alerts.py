"""Alerts on figures, and the file in which a collector finds them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from venuekit.cli.alerts import Alert, Verdict, parse_alert
from venuekit.cli.metrics_file import metrics_text, write_metrics

D = Decimal
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("distance<8%", Alert("distance<8%", "distance", "<", D("0.08"))),
        (" margin_ratio >= 0.5 ", Alert("margin_ratio >= 0.5", "margin_ratio", ">=", D("0.5"))),
        ("unresolved>0", Alert("unresolved>0", "unresolved", ">", D(0))),
        ("key_expires_in<7d", Alert("key_expires_in<7d", "key_expires_in", "<", D(7))),
        ("equity_usd<=-1.5", Alert("equity_usd<=-1.5", "equity_usd", "<=", D("-1.5"))),
    ],
)
def test_a_condition_is_a_figure_a_comparison_and_a_number(text: str, expected: Alert) -> None:
    """A share may be written in percent, a time to come in days."""
    assert parse_alert(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("distance", "is not a condition such as"),
        ("distance=8%", "is not a condition such as"),
        ("distanze<8%", "did you mean distance?"),
        ("orders<8%", "orders is not counted in %"),
        ("distance<7d", "distance is not counted in d"),
    ],
)
def test_a_condition_with_a_mistake_says_which_one(text: str, words: str) -> None:
    """It is refused before anything is read."""
    with pytest.raises(click.BadParameter, match=re.escape(words)):
        parse_alert(text)


@pytest.mark.parametrize(
    ("value", "unknown", "expected"),
    [
        (D("0.0799"), NOTHING, Verdict.HOLDS),
        (D("0.08"), NOTHING, Verdict.QUIET),
        (None, NOTHING, Verdict.QUIET),  # no position is liquidated
        (None, frozenset({"distance"}), Verdict.UNKNOWN),
        (D("0.5"), frozenset({"distance"}), Verdict.UNKNOWN),  # another position may be nearer
        (D("0.01"), frozenset({"distance"}), Verdict.HOLDS),
    ],
)
def test_an_alert_on_an_unknown_figure_is_not_quiet(
    value: Decimal | None, unknown: frozenset[str], expected: Verdict
) -> None:
    """Unknown is neither safe nor alarming, unless the known part suffices."""
    assert parse_alert("distance<8%").judge({"distance": value}, unknown) is expected


ROWS: list[dict[str, Any]] = [
    {
        "account": 'a "desk"',
        "venue": "acme",
        "status": "ok",
        "equity_usd": D("1E+3"),
        "margin_ratio": D("0.07"),
        "distance": None,
        "orders": 2,
        "unresolved": 0,
        "key_expires_at": datetime(2027, 1, 1, tzinfo=UTC),
        "unknown": 3,
        "alerts": "orders>1",
        "unjudged": "distance<8%",
    },
    {"account": "b", "venue": "acme", "status": "unreadable"},
]


def test_metrics_have_a_sample_for_each_known_figure() -> None:
    """Unknown figures and alerts on them have none, labels are escaped, and an unreadable account is down."""
    lines = metrics_text(ROWS, ["orders>1", "distance<8%", "orders>9"]).splitlines()
    label = r'account="a \"desk\"",venue="acme"'

    samples = [line for line in lines if not line.startswith("#")]
    assert samples == [
        f"venuekit_account_up{{{label}}} 1",
        'venuekit_account_up{account="b",venue="acme"} 0',
        f"venuekit_equity_usd{{{label}}} 1000",
        f"venuekit_margin_ratio{{{label}}} 0.07",
        f"venuekit_open_orders{{{label}}} 2",
        f"venuekit_unresolved_writes{{{label}}} 0",
        f"venuekit_key_expires_timestamp_seconds{{{label}}} 1798761600",
        f"venuekit_unknown_figures{{{label}}} 3",
        f'venuekit_alert{{{label},alert="orders>1"}} 1',
        f'venuekit_alert{{{label},alert="orders>9"}} 0',
    ]
    assert sum(line.startswith("# TYPE") for line in lines) == 9


def test_a_metrics_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """It is readable by a collector, nothing else is left beside it, and a failure keeps the former one."""
    path = tmp_path / "desk.prom"
    write_metrics(path, "one\n")
    write_metrics(path, "two\n")

    assert path.read_text() == "two\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OSError, match="desk"):
        write_metrics(tmp_path / "gone" / "desk.prom", "three\n")
