"""The subcommands of ``sim``: clients of the control port of a simulation that another process serves."""

from __future__ import annotations

import http.client
import json
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from venuekit._util.texts import did_you_mean
from venuekit.cli.output import print_rows, say_done
from venuekit.cli.tables import columns
from venuekit.encoding import write_json
from venuekit.errors import ConfigurationError

if TYPE_CHECKING:
    from venuekit.simulator.commands import ControlCommand
    from venuekit.simulator.fields import Field

#: the environment variable that holds the URL of the control port
VARIABLE = "VENUEKIT_SIM_CONTROL"
_NUMBER = re.compile(r"-\.?[0-9]")
_SECONDS = 30
#: the columns that a person sees, by the rows that were asked for
_COLUMNS: Mapping[str, str] = {
    "accounts": "venue account",
    "balances": "venue account asset wallet equity available unrealized_pnl",
    "positions": "venue account symbol side quantity entry_price mark_price leverage margin_type unrealized_pnl",
    "orders": "venue account id client_id symbol side type quantity filled price status",
    "marks": "venue symbol mark",
    "script": "venue route attempt",
    "answers": "venue name executed meaning",
    "requests": "venue route parameters applied status",
}


def make_subcommand(command: ControlCommand) -> click.Command:
    """Return the subcommand that calls a command of the control port."""
    fields = {field.name: field for field in command.fields}

    def call(*, at: str | None, as_json: bool, **given: Any) -> None:
        sent = {name: _read_value(fields[name], value) for name, value in given.items() if value is not None}
        answer = post(at or os.environ.get(VARIABLE) or _default_url(), command.name, sent)
        if as_json:
            say_done(json.dumps(answer, indent=2))
        else:
            _print_for_person(answer, str(sent.get("what", command.name)))

    words = [field for field in command.fields if field.is_word]
    options = [field for field in command.fields if not field.is_word]
    subcommand = _Subcommand(
        command.name,
        params=[*map(_argument, words), *map(_option, options)],
        callback=call,
        help="\n\n".join((command.title, *(f"{field.name.upper()}: {field.title}" for field in words))),
    )
    at_option = click.option("--at", metavar="URL", help=f"The control port.  [default: {VARIABLE}, {_default_url()}]")
    return click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(at_option(subcommand))


class _Subcommand(click.Command):
    """A command whose words may be negative numbers, which would be taken for options otherwise."""

    ignore_unknown_options = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse unknown options, with the nearest one; everything that is a number is none."""
        known = [option for parameter in self.get_params(ctx) for option in parameter.opts if option.startswith("-")]
        for word in args:
            name = word.partition("=")[0]
            if name.startswith("-") and name not in known and not _NUMBER.match(word):
                raise click.UsageError(f"no option {name!r}{did_you_mean(name, known)}", ctx)
        return super().parse_args(ctx, args)


def _argument(field: Field) -> click.Argument:
    name = field.name.upper()
    return click.Argument([field.name], required=field.required, metavar=name if field.required else f"[{name}]")


def _option(field: Field) -> click.Option:
    name = f"--{field.name.replace('_', '-')}"
    is_flag = field.kind.value == "flag"
    hint = f"  [{'|'.join(field.choices)}]" if field.choices else ""
    more: dict[str, Any] = {"is_flag": True, "default": None} if is_flag else {"metavar": field.kind.value.upper()}
    return click.Option([name, field.name], required=field.required, help=f"{field.title}{hint}", **more)


def _read_value(field: Field, value: Any) -> Any:
    """Return an option's value as the port takes it: JSON where the field is JSON, else the text, which it reads."""
    if field.kind.value not in {"json", "texts"}:
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no JSON", param_hint=f"--{field.name}") from error


def _default_url() -> str:
    from venuekit.simulator.control import DEFAULT_PORT

    return f"http://127.0.0.1:{DEFAULT_PORT}"


def post(url: str, name: str, fields: Mapping[str, object]) -> Any:
    """
    Call a command of the control port at a URL and return its answer.

    Raises:
        ConfigurationError: nothing listens there, or no control port, or it refuses the command.
    """
    place = urlsplit(url)
    try:
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if place.scheme != "http" or not host or port is None or place.path.strip("/"):
        raise ConfigurationError(f"{url!r} is no URL of a control port, as {_default_url()}")
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("POST", f"/{name}", write_json(fields), {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        words = f"nothing answers at {url}: {getattr(error, 'strerror', None) or type(error).__name__}"
        raise ConfigurationError(f"{words}; start venuekit sim --control, or name its URL by --at") from error
    finally:
        connection.close()
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if response.status == 200 and answer is not None:
        return answer
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        raise ConfigurationError(answer["error"])
    raise ConfigurationError(f"status {response.status} from {url}, which is no control port of venuekit sim")


def _print_for_person(answer: Any, what: str) -> None:
    """Print rows as a table, and other answers as names with their values, nested ones with dots."""
    if isinstance(answer, list):
        shown = [{name: _flat(value) for name, value in row.items()} for row in answer]
        if shown:
            print_rows(shown, columns(_COLUMNS[what]), as_json=False, whole=("id", "client_id"))
        else:
            say_done(f"no {what}")
        return
    rows = [answer]
    for name, value in answer.items():
        if isinstance(value, dict):
            rows = [{**{other: one for other, one in answer.items() if other != name}, **value}]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows = value
    print_rows([{name: _flat(value) for name, value in row.items()} for row in rows], None, as_json=False)


def _flat(value: Any) -> Any:
    """Return a nested value as one text."""
    if isinstance(value, dict):
        return " ".join(f"{name}={_flat(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value
