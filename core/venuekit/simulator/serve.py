"""Serves a simulation to other processes, and writes the accounts file that opens it; used by ``venuekit sim``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import signal
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from venuekit._util.whole_files import write_whole
from venuekit.errors import AccountsFileError
from venuekit.plugins import Plugins
from venuekit.simulator import simulate
from venuekit.simulator.access import KEY_LENGTH, SimKey
from venuekit.simulator.accounts import KeyKinds
from venuekit.simulator.control import DEFAULT_PORT, ControlServer
from venuekit.simulator.key_files import describe_key, list_named_accounts, private_key_files
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.world import World

#: the first line of a file that may be overwritten
_MARK = "# Written by venuekit sim, which overwrites it; these keys open a simulator on this machine and nothing else."


async def serve(
    venue_ids: Collection[str] = (),
    *,
    port: int = 0,
    scenario: str = "holding",
    seed: int = 0,
    keys: KeyKinds | None = None,
    write_accounts: Path | None = None,
    world: World | None = None,
    disturbances: World | None = None,
    control: int | None = None,
    for_person: bool = False,
    plugins: Plugins | None = None,
    output: TextIO | None = None,
) -> None:
    """
    Serve simulated venues until the task is cancelled or the process is asked to terminate.

    Once they answer, one line of JSON goes to ``output``: each venue's URLs, the key and secret that open it, with the
    venue's further fields, a read-only pair, and the URL of the control port, where there is one; where a venue has
    another form of keys, it has a read-only pair of its own. A private key, RSA or Ed25519, is in a file, mode 0600,
    until the simulation ends, and the line has the file's path.

    Args:
        venue_ids: The venues; empty for every installed one that brings a simulator.
        port: The port of 127.0.0.1; 0 takes a free one.
        scenario: The initial state of the accounts.
        seed: The seed of the keys.
        keys: The kinds of keys, as of :func:`venuekit.simulate`.
        write_accounts: An accounts file to write, 0600; a file that venuekit sim did not write is left unchanged.
        world: Markets, accounts, prices, movements and disturbances of one's own.
        disturbances: Further disturbances, as :func:`~venuekit.simulator.read_disturbances` returns them.
        control: The port of the control port; 0 takes a free one, None serves none.
        for_person: Whether ``output`` gets words for a person instead, without keys and secrets.
        plugins: The plugins that provide the venues; the installed ones when None.
        output: The stream; standard output when None.

    Raises:
        ConfigurationError, PluginError: a venue, the scenario, a port, the accounts file, the world or a disturbance
            cannot be used.
    """
    simulation = simulate(*venue_ids, scenario=scenario, seed=seed, port=port, plugins=plugins, world=world, keys=keys)
    if disturbances is not None:
        disturbances.play_in(simulation)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(simulation)
        if write_accounts is not None:
            write_accounts_file(write_accounts, simulation)
        files = stack.enter_context(private_key_files(simulation))
        url = None
        if control is not None:
            url = (await stack.enter_async_context(ControlServer(simulation, port=control))).url
        with _termination_event() as terminated:
            ready = (
                words(simulation, url, write_accounts, files) if for_person else announcement(simulation, url, files)
            )
            print(ready, file=output or sys.stdout, flush=True)
            await terminated.wait()


def announcement(
    simulation: Simulation, control: str | None = None, files: Mapping[str, Path] = MappingProxyType({})
) -> str:
    """
    Return the line with the venues' URLs and the keys that open them, and the URL of the control port.

    ``files`` are those of the private keys, as :func:`private_key_files` yields them.
    """

    def pair(key: SimKey) -> dict[str, object]:
        return describe_key(key, files)

    venues: dict[str, dict[str, object]] = {}
    kind = simulation.key_of(simulation.venue_ids[0], read_only=True).kind
    read_only = pair(SimKey(simulation.read_only_key, simulation.read_only_secret, kind=kind))
    for venue_id in simulation.venue_ids:
        sockets = {"stream": simulation.stream(venue_id), "ws_api": simulation.websocket_api(venue_id)}
        urls = {"rest": simulation.rest(venue_id), **{name: url for name, url in sockets.items() if url is not None}}
        venues[venue_id] = {**urls, **pair(simulation.key_of(venue_id))}
        own = pair(simulation.key_of(venue_id, read_only=True))
        if own != read_only:
            venues[venue_id]["read_only"] = own
    told: dict[str, object] = {"venues": venues, "read_only": read_only}
    if names := list_named_accounts(simulation):
        told["accounts"] = {
            name: {one: pair(simulation.key_of(one, account=name)) for one in simulation.venue_ids_of(name)}
            for name in names
        }
    return json.dumps(told if control is None else {**told, "control": control})


def words(
    simulation: Simulation,
    control: str | None = None,
    accounts: Path | None = None,
    files: Mapping[str, Path] = MappingProxyType({}),
) -> str:
    """
    Return the words for a person: the venues, the accounts, and the next step; no key and no secret.

    ``files`` are those of the private keys, as of :func:`announcement`.
    """
    wide = max(map(len, simulation.venue_ids))
    first = simulation.venue_ids[0]
    scenario = simulation.scenario(first)
    symbol = scenario.held or scenario.flat
    names = list_named_accounts(simulation)
    folders = {file.parent for file in files.values()}
    numbered = ", ".join(account for account in simulation.accounts if account not in names)
    if accounts is None:
        use = "end it, and start it with --write-accounts accounts.toml: then every command of venuekit uses it"
    else:
        use = f"venuekit positions --accounts {shlex.quote(str(accounts))}"
    if control is None:
        script = "start it with --control: then venuekit sim COMMAND moves prices and loses answers"
    else:
        elsewhere = "" if control == f"http://127.0.0.1:{DEFAULT_PORT}" else f" --at {control}"
        script = f"venuekit sim mark {symbol} {simulation.ledger_of(first).mark(symbol):f}{elsewhere}"
    return "\n".join(
        (
            "These venues are simulated on this machine. Nothing leaves it, and their keys open nothing else.",
            "",
            *(f"  {venue_id.ljust(wide)}  {simulation.rest(venue_id)}" for venue_id in simulation.venue_ids),
            "",
            f"accounts: {numbered}, each in the scenario {scenario.name} ({scenario.title})",
            *(f"          {name}, with money of its own" for name in names),
            *(f"keys:     the private ones are in {folder}, until this ends" for folder in folders),
            f"control:  {control or 'none'}",
            "",
            "Next, in another terminal:",
            f"  {use}",
            f"  {script}",
            "For a program of yours: --json prints the URLs with the keys that open them.",
            "Ctrl-C ends it.",
        )
    )


@contextlib.contextmanager
def _termination_event() -> Iterator[asyncio.Event]:
    """Yield an event that SIGTERM sets, where the platform and thread have signals for the loop."""
    terminated = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, terminated.set)
    except (RuntimeError, ValueError):
        yield terminated
        return
    try:
        yield terminated
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def write_accounts_file(path: Path, simulation: Simulation) -> None:
    """
    Write an accounts file with one account for each simulated venue, named like the venue.

    A named account of the simulation is there, too, by the venue and its name, as ``acme_perp.a``; one whose money is
    of some venues alone, for these.

    Key and secret go into two files beside it, since an accounts file holds references only; a venue with another form
    of keys, or with further fields, has files of its own. All are readable by their owner alone.

    Raises:
        AccountsFileError: a file of that name exists that venuekit sim did not write, or it cannot be written.
    """
    path = path.expanduser()
    texts: dict[str, str] = {}
    tables = [_table(simulation, venue_id, path.name, texts) for venue_id in simulation.venue_ids]
    for number, name in enumerate(list_named_accounts(simulation), 1):
        tables += [
            _table(simulation, venue_id, path.name, texts, account=name, mark=f"a{number}-")
            for venue_id in simulation.venue_ids_of(name)
        ]
    accounts = "\n\n".join((_MARK, *tables))
    try:
        written = path.read_text(encoding="utf-8") if is_written_here(path) else ""
        for file in (path, *map(path.with_name, texts)):
            if file.is_symlink() or (file.exists() and not _is_ours(file, texts.get(file.name), written)):
                raise AccountsFileError(f"{file} was not written by venuekit sim; it is left alone, name another one")
        for name, text in texts.items():
            write_whole(path.with_name(name), text)
        write_whole(path, f"{accounts}\n")
    except OSError as error:
        raise AccountsFileError(f"{error.filename or path}: {error.strerror}") from error


def _table(
    simulation: Simulation,
    venue_id: str,
    stem: str,
    texts: dict[str, str],
    *,
    account: str | None = None,
    mark: str = "",
) -> str:
    """
    Return the table of a venue's account, and add the texts of its files to ``texts``, by the files' names.

    ``mark`` tells the files of a named account apart.
    """
    key = simulation.key_of(venue_id, account=account)
    is_plain = (key.key, key.secret) == (simulation.key, simulation.secret)
    own = mark if is_plain else f"{mark}{venue_id}-"
    title = venue_id if account is None else _text(f"{venue_id}.{account}")
    lines = [f"[accounts.{title}]", f"venue = {_text(venue_id)}", 'environment = "sim"']
    lines.append(f"rest = {_text(simulation.rest(venue_id))}")
    secrets = {field.name for field in simulation.venue(venue_id).credential_fields if field.secret}
    references = {"key": (f"{own}key", key.key), "secret": (f"{own}secret", key.secret)}
    for name, text in key.fields.items():
        if name in secrets:
            references[name] = (f"{mark}{venue_id}-{name}", text)
        else:
            lines.append(f"{name} = {_text(text)}")
    for name, (suffix, text) in references.items():
        file = f"{stem}.sim-{suffix}"
        texts[file] = text
        lines.append(f"{name} = {_text(f'file:{file}')}")
    return "\n".join(lines)


def _text(value: str) -> str:
    """Return a TOML basic string, whose escapes are JSON's."""
    return json.dumps(value, ensure_ascii=False)


def _is_ours(file: Path, text: str | None, written: str) -> bool:
    """Return whether a file may be overwritten by ``text`` (None for accounts); ``written`` are our last accounts."""
    if text is None:
        return is_written_here(file)
    is_named = _text(f"file:{file.name}") in written
    content = file.read_bytes() if file.is_file() else b""
    if _is_secret(text.encode()) or _is_private_key(text.encode()):
        return _is_secret(content) or (is_named and _is_private_key(content))
    return is_named


def is_written_here(file: Path) -> bool:
    """Return whether a file is an accounts file that venuekit sim wrote, and may overwrite."""
    return file.is_file() and file.read_bytes().startswith(_MARK.encode())


def _is_secret(content: bytes) -> bool:
    return len(content) == KEY_LENGTH and content.isalnum()


def _is_private_key(content: bytes) -> bool:
    return content.startswith(b"-----BEGIN PRIVATE KEY-----")
