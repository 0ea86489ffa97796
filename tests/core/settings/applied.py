"""A target of one account, what a report says of it, and things that happen while it is applied."""

from __future__ import annotations

from collections.abc import Callable

from venuekit.settings import (
    Report,
    Target,
    parse_target,
)

TARGET = """\
[accounts.main]
position_mode = "hedge"
symbols.BTC = { margin_type = "isolated", leverage = 20 }
symbols.ETH = { leverage = 5 }
"""


def target(text: str = TARGET) -> Target:
    return parse_target(text).target


def statuses(report: Report) -> dict[str, str]:
    return {result.name.removeprefix("accounts.main."): result.status.value for result in report.results}


def message(report: Report, name: str) -> str:
    return next(result.message or "" for result in report.results if result.name == f"accounts.main.{name}")


def when(line: str, *, applied: bool, do: Callable[[], None]) -> Callable[[str, bool], None]:
    """Do something when one write arrives, before or after it is applied."""

    def meddle(arrived: str, is_applied: bool) -> None:
        if (arrived, is_applied) == (line, applied):
            do()

    return meddle


def raising(error: Exception) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do
