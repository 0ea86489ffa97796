"""The files of a simulation that hold keys: written whole, readable by their owner alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from venuekit._util.whole_files import write_whole
from venuekit.key_kinds import KeyKind
from venuekit.simulator.access import SimKey
from venuekit.simulator.simulation import Simulation


def list_named_accounts(simulation: Simulation) -> list[str]:
    """Return the accounts that have a name, and not only a number."""
    return [account for account in simulation.accounts if not account.isdigit()]


@contextmanager
def private_key_files(simulation: Simulation) -> Iterator[Mapping[str, Path]]:
    """
    Yield the files that hold the private keys of a simulation, RSA or Ed25519, by key; they are gone afterwards.

    The file of the main account is ``main.pem``, that of its read-only key ``read-only.pem``, and those of named
    accounts are numbered, as their names may be no names of files; venues with one form of keys share them. HMAC
    secrets are in none.
    """
    titles: dict[str, str] = {}
    for venue_id in simulation.venue_ids:
        for title, key in _opening_keys(simulation, venue_id):
            if key.kind is not KeyKind.HMAC:
                titles.setdefault(key.secret, title)
    if not titles:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="venuekit-sim-") as folder:
        files = {private_key: Path(folder) / f"{title}.pem" for private_key, title in titles.items()}
        for private_key, file in files.items():
            write_whole(file, private_key)
        yield files


def _opening_keys(simulation: Simulation, venue_id: str) -> Iterator[tuple[str, SimKey]]:
    own = "" if venue_id == simulation.venue_ids[0] else f"{venue_id}-"
    yield f"{own}main", simulation.key_of(venue_id)
    yield f"{own}read-only", simulation.key_of(venue_id, read_only=True)
    for number, name in enumerate(list_named_accounts(simulation), 1):
        if venue_id in simulation.venue_ids_of(name):
            yield f"{own}account-{number}", simulation.key_of(venue_id, account=name)


def describe_key(key: SimKey, files: Mapping[str, Path]) -> dict[str, object]:
    """Return key and secret, or the file of a private key, with the fields of a venue that has further ones."""
    fields = {"fields": dict(key.fields)} if key.fields else {}
    if key.kind is KeyKind.HMAC:
        return {"key": key.key, "secret": key.secret, **fields}
    return {"key": key.key, "kind": key.kind.value, "private_key_file": str(files[key.secret]), **fields}
