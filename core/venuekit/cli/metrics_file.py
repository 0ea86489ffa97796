"""Metrics file: figures of accounts in the text format of Prometheus, for the collector that reads files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from venuekit._util.whole_files import write_whole
from venuekit.cli.replaced_file import check_replaced
from venuekit.exports.rows import Row

#: field of a row to the metric and its help
_METRICS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "equity_usd": ("venuekit_equity_usd", "Equity in USD; absent where it is unknown."),
        "margin_ratio": ("venuekit_margin_ratio", "Highest ratio of maintenance margin to margin; 1 is liquidation."),
        "distance": ("venuekit_liquidation_distance_ratio", "Move of the mark to the nearest liquidation price."),
        "orders": ("venuekit_open_orders", "Open orders."),
        "unresolved": ("venuekit_unresolved_writes", "Writes whose outcome is unknown."),
        "key_expires_at": ("venuekit_key_expires_timestamp_seconds", "When the API key expires."),
        "unknown": ("venuekit_unknown_figures", "Figures that are not known, or only in part."),
    }
)


def metrics_text(rows: Sequence[Row], alerts: Iterable[str]) -> str:
    """
    Return rows of accounts as metrics, with the labels ``account`` and ``venue``.

    ``venuekit_account_up`` is 0 for an account that could not be read. An unknown figure has no sample, nor has
    an alert that cannot be judged.
    """
    up = "venuekit_account_up"
    lines = _head(up, "Whether the account was read.")
    lines += [f"{up}{_labels(row)} {int(row['status'] == 'ok')}" for row in rows]
    for field, (name, text) in _METRICS.items():
        lines += _head(name, text)
        samples = ((row, row.get(field)) for row in rows)
        lines += [f"{name}{_labels(row)} {_number(value)}" for row, value in samples if value is not None]
    lines += _head("venuekit_alert", "Whether the alert holds.")
    for text in alerts:
        for row in rows:
            if row["status"] == "ok" and not _names(row, "unjudged", text):
                holds = _names(row, "alerts", text)
                lines.append(f"venuekit_alert{_labels(row, alert=text)} {int(holds)}")
    return "\n".join([*lines, ""])


def check_metrics(path: Path) -> None:
    """
    Check that a metrics file can be written there, before anything is read.

    Raises:
        ConfigurationError: another file is there.
    """
    check_replaced(path, "--prometheus", "metrics file of venuekit", b"# HELP venuekit_")


def write_metrics(path: Path, text: str) -> None:
    """
    Write a metrics file in one step, so that a collector, who is another user, never reads half of it.

    Raises:
        OSError: it cannot be written; the former file is still there.
    """
    write_whole(path, text, mode=0o644)


def _names(row: Row, field: str, alert: str) -> bool:
    """Say whether an alert is in a field of a row."""
    return alert in str(row.get(field) or "").split("; ")


def _head(name: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge"]


def _number(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.timestamp():.0f}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _labels(row: Row, **more: str) -> str:
    labels = {"account": str(row["account"]), "venue": str(row["venue"]), **more}
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
