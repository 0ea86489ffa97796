"""``overview``: a line per account, its worth and risk beside those of the others, and alerts on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from venuekit.capabilities import ApiKeyReader, OrderReader
from venuekit.cli.accounts import entries, open_for_reading
from venuekit.cli.alerts import FIGURES, Alert, Verdict, parse_alert
from venuekit.cli.commands import WholeNumber, accounts_command, number, output_option, state_of
from venuekit.cli.errors import Status, print_error, print_system_error, status_of, worst
from venuekit.cli.metrics_file import check_metrics, metrics_text, write_metrics
from venuekit.cli.once import check_once
from venuekit.cli.output import json_text, note, print_rows, say_done
from venuekit.cli.row_forms import chosen_form, refuse_rounds
from venuekit.cli.tables import cell_text, columns
from venuekit.errors import VenuekitError
from venuekit.exports.rows import Row
from venuekit.valuation import USD

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.account_worth import AccountWorth
    from venuekit.credentials.accounts_file import AccountEntry
    from venuekit.errors import OddRow
    from venuekit.portfolios import Portfolio
    from venuekit.runtime import Runtime

#: the least and most seconds between two rounds: open orders weigh much
_SHORTEST, _LONGEST = 5, 86_400
#: every field of a row
_FIELDS = columns(
    "account venue status same_as equity_usd equity_by_asset margin_ratio nearest distance orders unresolved"
    " key_expires_at unknown alerts unjudged message"
)
_COLUMNS = {
    **columns("account equity margin_ratio nearest distance orders unresolved key_expires alerts"),
    "equity": f"equity, {USD}",
    "margin_ratio": "ratio",
    "unresolved": "unclear",
    "key_expires": "key until",
}
#: numbers and the names beside them are never broken
_WHOLE = frozenset({*_COLUMNS} - {"account"})
_CENT = Decimal("0.01")
#: no stablecoin is taken for its currency: it is the user who says so
_RATE_MEND = "--rate {asset}=N says its worth in USD, as {asset} = N under [rates] in the accounts file does"
_PERCENT = Decimal("0.1")


def _rate(text: str) -> tuple[tuple[str, str], Decimal]:
    asset, equals, worth = text.partition("=")
    rate = number(worth) if asset and equals else None
    if rate is None or rate <= 0:
        raise click.BadParameter(f"{text!r} is not a rate such as USDT=1")
    return (asset, USD), rate


@attrs.frozen
class _Options:
    """The options of one call."""

    alerts: Sequence[Alert]
    rates: Mapping[tuple[str, str], Decimal]
    metrics: Path | None
    as_json: bool
    repeats: bool


@attrs.frozen
class _Extra:
    """
    The figures of an account that are not its worth; None where its venue does not have them.

    ``odd`` are the rows of open orders that could not be read, each of which may be one more.
    """

    orders: int | None
    key_expires_at: datetime | None
    odd: tuple[OddRow, ...] = ()


@accounts_command(
    "overview", accounts="any", short_help="Show worth and risk of accounts, with alerts.", options=(output_option,)
)
@click.option(
    "--watch",
    "seconds",
    type=WholeNumber(_SHORTEST, _LONGEST),
    metavar="SECONDS",
    help="Show it again this often, until Ctrl-C.",
)
@click.option(
    "--alert",
    "alerts",
    type=parse_alert,
    shell_complete=lambda _context, _parameter, begun: [one for one in FIGURES if one.startswith(begun)],
    multiple=True,
    metavar="CONDITION",
    help="Such as 'distance<8%'; the status is 5 where it holds. May be repeated.",
)
@click.option(
    "--rate",
    "rates",
    type=_rate,
    multiple=True,
    metavar="ASSET=USD",
    help="The worth of an asset in USD, as USDT=1; also under [rates] in the accounts file. May be repeated.",
)
@click.option(
    "--prometheus",
    "metrics",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the figures into FILE for Prometheus, too; it replaces metrics files alone.",
)
async def overview_command(
    context: click.Context,
    accounts: Sequence[str],
    *,
    seconds: int | None,
    alerts: Sequence[Alert],
    rates: Sequence[tuple[tuple[str, str], Decimal]],
    metrics: Path | None,
    as_json: bool,
) -> int:
    """
    Show a line for each ACCOUNT: equity, margin ratio, the position nearest to its liquidation, open orders, writes of
    unknown outcome, and the end of its API key; of all accounts when none is named.

    A dash is a figure that is unknown or that there is not; the reasons follow. Equity is counted in USD by prices of
    the account's own venue, and no stablecoin is taken for USD without a --rate. Figures of alerts are distance,
    margin_ratio, equity_usd, orders, unresolved and key_expires_in (days: 'key_expires_in<7d'). The status is 5 where
    one holds, also where another account cannot be read; else 1 where an account cannot be read, and 4 where an alert
    cannot be judged.
    """
    from venuekit import Runtime

    if seconds is not None:
        refuse_rounds(context)
    for pair, _ in rates:
        check_once(f"--rate {pair[0]}", [rate for other, rate in rates if other == pair], context)
    if metrics is not None:
        check_metrics(metrics)
    state = state_of(context)
    chosen = entries(state, accounts)
    of_file = {(asset, USD): rate for asset, rate in state.accounts.rates.items()}
    options = _Options(alerts, {**of_file, **dict(rates)}, metrics, as_json, seconds is not None)
    if not chosen and not as_json and not chosen_form():
        click.echo("no accounts")
        return Status.DONE
    async with Runtime(plugins=state.plugins) as runtime, AsyncExitStack() as stack:
        overview = _Overview(chosen, runtime, stack, options)
        status = await overview.show()
        while seconds is not None:
            await asyncio.sleep(seconds)
            status = await overview.show()
        return status


class _Overview:
    """The accounts of one call: those that could be opened stay open, the others are tried again each round."""

    def __init__(
        self, chosen: Sequence[AccountEntry], runtime: Runtime, stack: AsyncExitStack, options: _Options
    ) -> None:
        self._chosen = chosen
        self._runtime = runtime
        self._stack = stack
        self._options = options
        self._accounts: dict[str, Account] = {}

    async def show(self) -> Status:
        """Read and print one round, and return its status."""
        from venuekit import portfolio

        errors = await self._open()
        worths = await portfolio(self._accounts, rates=self._options.rates)
        errors |= worths.errors
        extras, more = await self._read_extras(worths)
        rows, statuses = [], []
        for entry in self._chosen:
            name = entry.name
            error = errors.get(name) or more.get(name)
            if error is not None:
                statuses.append(self._report(name, error))
            worth = worths.accounts.get(name)
            if worth is None:
                unreadable = {"account": name, "venue": entry.venue, "status": "unreadable", "message": str(error)}
                rows.append({**dict.fromkeys(_FIELDS), **unreadable})
                continue
            row = _row(worth, extras.get(name), self._accounts[name])
            rows.append(row)
            statuses.append(self._judge(row, worth, extras.get(name)))
        self._print(rows, worths)
        statuses.append(self._write_metrics(rows))
        # whoever is called by the status learns of an alert that holds, whatever else went wrong
        return Status.PENDING if Status.PENDING in statuses else worst(statuses)

    async def _open(self) -> dict[str, Exception]:
        from venuekit import fan_out

        async def open_one(entry: AccountEntry) -> Account:
            return await self._stack.enter_async_context(open_for_reading(entry, self._runtime))

        closed = {entry.name: entry for entry in self._chosen if entry.name not in self._accounts}
        opened = await fan_out(closed, open_one)
        self._accounts |= opened.values
        return dict(opened.errors)

    async def _read_extras(self, worths: Portfolio) -> tuple[Mapping[str, _Extra], Mapping[str, Exception]]:
        from venuekit import fan_out

        readable = {name: self._accounts[name] for name in worths.accounts}
        read = await fan_out(readable, _read_extra)
        return read.values, read.errors

    def _report(self, name: str, error: Exception) -> Status:
        """Print why an account could not be read; raises an error that is none of ours."""
        if not isinstance(error, VenuekitError):
            raise error
        print_error(error, as_json=self._options.as_json, account=name)
        return status_of(error)

    def _judge(self, row: dict[str, Any], worth: AccountWorth, extra: _Extra | None) -> Status:
        """Put the alerts that hold into a row, and return what they mean for the status."""
        figures = {"distance": "distance", "mark": "distance", "margin_ratio": "margin_ratio", "equity": "equity_usd"}
        unknown = {figures[one.figure] for one in worth.unknown if one.figure in figures}
        if extra is None:
            unknown |= {"orders", "key_expires_in"}
        elif extra.odd:
            unknown.add("orders")
        now = datetime.now(UTC)
        days = None if row["key_expires_at"] is None else (row["key_expires_at"] - now) / timedelta(days=1)
        judged = {**row, "key_expires_in": days}
        verdicts = {one.text: one.judge(judged, frozenset(unknown)) for one in self._options.alerts}
        row["alerts"] = _texts(verdicts, Verdict.HOLDS)
        row["unjudged"] = _texts(verdicts, Verdict.UNKNOWN)
        for text, verdict in verdicts.items():
            if verdict is Verdict.UNKNOWN:
                words = f"{row['account']}: the alert {text} cannot be judged: the figure is not known"
                note(words, as_json=self._options.as_json, kind="warning", account=row["account"])
        if row["alerts"]:
            return Status.PENDING
        return Status.UNKNOWN if Verdict.UNKNOWN in verdicts.values() else Status.DONE

    def _write_metrics(self, rows: Sequence[Row]) -> Status:
        """Write the file for Prometheus, where there is one to write; an error of the system is printed."""
        path = self._options.metrics
        if path is None:
            return Status.DONE
        try:
            write_metrics(path, metrics_text(rows, [one.text for one in self._options.alerts]))
        except OSError as error:
            print_system_error(error, as_json=self._options.as_json)
            return Status.ERROR
        return Status.DONE

    def _print(self, rows: Sequence[Row], worths: Portfolio) -> None:
        options = self._options
        if options.as_json and options.repeats:
            say_done(json_text(rows, in_one_line=True))
            return
        if options.repeats:
            say_done(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z")
        if options.as_json or chosen_form():
            print_rows(rows, _FIELDS, as_json=options.as_json)
            return
        shown = {name: heading for name, heading in _COLUMNS.items() if name != "alerts" or options.alerts}
        print_rows([_for_people(row) for row in rows], shown, as_json=False, whole=_WHOLE)
        same = {name: one.same_as for name, one in worths.accounts.items() if one.same_as is not None}
        known = [one for name, one in worths.accounts.items() if one.equity is not None and name not in same]
        total, of = f"{worths.known_equity.amount.quantize(_CENT):,f} {USD}", len(rows) - len(same)
        say_done(f"equity {total} in {len(known)} of {of} accounts" if known else f"no equity is known in {USD}")
        for row in rows:
            for alert in options.alerts:
                if alert.text in str(row.get("alerts") or "").split("; "):
                    say_done(f"{row['account']}: {alert.text} ({_figure_text(alert.figure, row)})")
        for name, other in same.items():
            note(f"{name} is the account {other} under another name, and counted once", as_json=False)
        by_asset = {row["account"]: row.get("equity_by_asset") for row in rows}
        figures: dict[tuple[str, str | None, str, str | None], list[str]] = {}
        for one in worths.unknown:
            if one.figure != "account":
                figures.setdefault((one.account, one.subject, one.reason, one.needs_rate), []).append(one.figure)
        for (account, subject, reason, asset), names in figures.items():
            of_what = f" of {subject}" if subject else ""
            parts = f"; by asset: {by_asset[account]}" if "equity" in names and by_asset[account] else ""
            verb = "is" if len(names) == 1 else "are"
            mend = "" if asset is None else f"; {_RATE_MEND.format(asset=asset)}"
            note(f"{account}: {' and '.join(names)}{of_what} {verb} unknown: {reason}{parts}{mend}", as_json=False)


async def _read_extra(account: Account) -> _Extra:
    from venuekit.payloads import gather_odd_rows

    orders, expires = None, None
    with gather_odd_rows() as odd:
        if account.support(OrderReader):
            orders = len(await OrderReader.of(account).get_open_orders())
    if account.support(ApiKeyReader):
        expires = (await ApiKeyReader.of(account).get_api_key()).expires_at
    return _Extra(orders, expires, tuple(odd))


def _texts(verdicts: Mapping[str, Verdict], verdict: Verdict) -> str | None:
    """Return the alerts of a verdict as one text, None without any."""
    return "; ".join(text for text, one in verdicts.items() if one is verdict) or None


def _row(worth: AccountWorth, extra: _Extra | None, account: Account) -> dict[str, Any]:
    """Return the figures of an account; ``margin_ratio`` and ``distance`` are fractions."""
    nearest = worth.nearest
    by_asset = worth.equities or {}
    return {
        "account": worth.name,
        "venue": worth.venue,
        "status": "ok",
        "same_as": worth.same_as,
        "equity_usd": None if worth.equity is None else worth.equity.amount,
        "equity_by_asset": ", ".join(f"{cell_text(sum_)} {asset}" for asset, sum_ in by_asset.items() if sum_) or None,
        "margin_ratio": worth.margin_ratio,
        "nearest": None if nearest is None else nearest.position.symbol,
        "distance": None if nearest is None else nearest.distance,
        "orders": None if extra is None else extra.orders,
        # a line of the journal that cannot be read may hide a write
        "unresolved": len(account.unresolved) + sum(not line.is_cut_off for line in account.unreadable),
        "key_expires_at": None if extra is None else extra.key_expires_at,
        "unknown": len(worth.unknown) + (0 if extra is None else len(extra.odd)),
        "alerts": None,
        "unjudged": None,
        "message": None,
    }


def _for_people(row: Row) -> Row:
    """Return a row as it is shown: equity to the cent, shares in percent."""
    if row["status"] != "ok":
        return {"account": row["account"], "equity": "unreadable"}
    usd, expires = row["equity_usd"], row["key_expires_at"]
    return {
        **row,
        "equity": f"{usd.quantize(_CENT):,f}" if isinstance(usd, Decimal) else None,
        "margin_ratio": _percent(row["margin_ratio"]),
        "distance": _percent(row["distance"]),
        "key_expires": f"{expires:%Y-%m-%d}" if isinstance(expires, datetime) else None,
    }


def _percent(value: object) -> str | None:
    return f"{(value * 100).quantize(_PERCENT)} %" if isinstance(value, Decimal) else None


def _figure_text(figure: str, row: Row) -> str:
    """Return the figure of an alert as it is shown: shares in percent, and the end of a key as its time."""
    if figure == "key_expires_in":
        return f"{row['key_expires_at']:%Y-%m-%d}"
    return _percent(row[figure]) or cell_text(row[figure]) if FIGURES[figure] == "%" else cell_text(row[figure])
