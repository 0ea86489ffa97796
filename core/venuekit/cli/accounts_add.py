"""``accounts add``: a new account in the accounts file, by references, or by secrets that are typed without echo."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from venuekit._util.whole_files import write_whole
from venuekit.cli.commands import accounts_option, enum_member, json_option, number, state_of
from venuekit.cli.once import check_once
from venuekit.cli.output import note
from venuekit.credentials.accounts_file import ACCOUNTS_VARIABLE, FILE_NAME, load_accounts
from venuekit.credentials.fields import find_unfit_name
from venuekit.credentials.references import check_reference
from venuekit.credentials.secret import Secret
from venuekit.errors import AccountsFileError
from venuekit.venue import EnvironmentName, Venue

#: names that need no care in a file's name, a shell or TOML
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def _reference(text: str) -> str:
    """Take a reference; a literal is refused, and not repeated."""
    try:
        check_reference(text)
    except AccountsFileError as error:
        raise click.BadParameter(str(error)) from None
    return text


@click.command("add")
@click.argument("name", metavar="NAME")
@click.option("--venue", "venue_id", required=True, metavar="ID", help="The venue; venuekit venues lists them.")
@click.option(
    "--environment",
    type=enum_member(EnvironmentName),
    required=True,
    metavar="E",
    help="live, testnet, demo or sim.",
)
@click.option("--key", type=_reference, metavar="REF", help="Where the key comes from.  [default: asked for]")
@click.option("--secret", type=_reference, metavar="REF", help="Where the secret comes from.  [default: asked for]")
@click.option("--field", "fields", multiple=True, metavar="NAME=REF", help="A further text that the venue needs.")
@click.option("--rest", metavar="URL", help="The simulator's URL, in the environment sim.")
@click.option("--read-only", is_flag=True, help="Let nothing pass that changes anything.")
@click.option("--symbol", "symbols", multiple=True, metavar="S", help="Let only these symbols be changed.")
@click.option("--max-leverage", type=number, metavar="N", help="The highest leverage.")
@click.option("--max-notional", type=number, metavar="N", help="The largest order, in the quote asset.")
@click.option("--max-position-notional", type=number, metavar="N", help="The largest position, in the quote asset.")
@json_option
@accounts_option
@click.pass_context
async def add_command(
    context: click.Context,
    /,
    *,
    name: str,
    venue_id: str,
    key: str | None,
    secret: str | None,
    fields: Sequence[str],
    as_json: bool,
    **settings: Any,
) -> None:
    """
    Add the account NAME to the accounts file, which is made when there is none; nothing is sent.

    REF is a reference such as env:MAIN_KEY, file:PATH, keyring:SERVICE/NAME or command:PROGRAM. Without one, key and
    secret are asked for without echo and written into files beside the accounts file. All files are readable by their
    owner alone, and none is overwritten.
    """
    if not _NAME.fullmatch(name):
        raise click.UsageError("a name has letters, digits, '_', '-' and '.', and begins with one of the first three")
    venue: Venue[Any] = await state_of(context).plugins.load(venue_id)
    pairs = list(_pairs(fields))
    for one, _ in pairs:
        check_once(f"--field {one}", [reference for other, reference in pairs if other == one], context)
    further = dict(pairs)
    if (fault := find_unfit_name(venue, further)) is not None:
        raise click.UsageError(f"{fault.words}; give --field NAME=REF")
    path = _path(state_of(context).accounts_path)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if path.exists() and name in load_accounts(path).entries:
        raise AccountsFileError(f"{path}: there is an account {name!r} already; it is left as it is")
    texts: dict[str, Secret] = {}
    references = {one: given or _ask(name, one, path, texts) for one, given in (("key", key), ("secret", secret))}
    table = {"venue": venue.id, "environment": settings.pop("environment").value, **references, **further}
    table |= {one: list(value) if isinstance(value, tuple) else value for one, value in settings.items() if value}
    _write(path, text, _toml(name, table), texts)
    check = f"venuekit accounts check {name}{state_of(context).accounts_words}"
    note(f"{path}: account {name} added; check it: {check}", as_json=as_json, account=name)


def _path(given: Path | None) -> Path:
    """Return the file to write: the one that is named, else the one that is read, else the user's."""
    import platformdirs

    named = given or os.environ.get(ACCOUNTS_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    here = Path(FILE_NAME)
    return here.absolute() if here.exists() else platformdirs.user_config_path("venuekit") / FILE_NAME


def _pairs(fields: Sequence[str]) -> Iterator[tuple[str, str]]:
    for one in fields:
        name, equals, reference = one.partition("=")
        if not equals:
            raise click.UsageError("--field takes NAME=REF, such as passphrase=env:MAIN_PASSPHRASE")
        yield name, reference


def _ask(name: str, field: str, path: Path, texts: dict[str, Secret]) -> str:
    """Ask for a text without echo, keep it for a file of its own, and return the reference to that file."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"give --{field} REF, such as --{field} env:MAIN_{field.upper()}: no terminal to ask at")
    file = f"{path.stem}.{name}.{field}"
    if path.with_name(file).exists():
        raise AccountsFileError(f"{path.with_name(file)} exists and is left as it is; give --{field} file:{file}")
    texts[file] = Secret(click.prompt(f"{field} of {name}", hide_input=True, err=True).strip())
    return f"file:{file}"


def _toml(name: str, table: dict[str, Any]) -> str:
    lines = [f"{field} = {_value(value)}" for field, value in table.items()]
    return "\n".join((f"[accounts.{json.dumps(name)}]", *lines, ""))


def _value(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, before: str, table: str, texts: dict[str, Secret]) -> None:
    """Write the files, and take them back when the accounts file cannot be read with the new account."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    trial = path.with_name(f".{path.name}.new")
    joined = f"{before.rstrip()}\n\n{table}" if before.strip() else table
    try:
        write_whole(trial, joined)
        load_accounts(trial)
        for file, secret in texts.items():
            write_whole(path.with_name(file), f"{secret.reveal()}\n")
        trial.replace(path)
    except OSError as error:
        raise AccountsFileError(f"{error.filename or path}: {error.strerror}") from error
    finally:
        trial.unlink(missing_ok=True)
