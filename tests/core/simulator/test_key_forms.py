"""A simulated venue gives keys in its own form, with the fields of its credentials."""

from __future__ import annotations

import hashlib
import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import Runtime
from venuekit.credential_fields import CredentialField
from venuekit.errors import AccountsFileError, AuthenticationFailed
from venuekit.message import HttpRequest
from venuekit.signing import EncodedRequest, Stamp
from venuekit.simulator import Denied, SimKey, SimulatedVenue, Simulation, json_response
from venuekit.simulator.serve import announcement, write_accounts_file
from venuekit.testing import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning


def address_fault(text: str) -> str | None:
    """Return why a text is no address."""
    return None if text.startswith("0x") and len(text) == 42 else "is no address: it has 40 hex digits behind 0x"


class _Signing(ToySigning):
    __slots__ = ()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        request = super().attach_signature(encoded, stamp, payload, signature)
        return request._replace(headers={**request.headers, "X-Word": stamp.fields["passphrase"]})


def _wallets() -> SimulatedVenue:
    """Return the toy's simulated venue with addresses for keys, and a passphrase."""
    assert TOY_PERP.simulated is not None
    toy: Any = type(TOY_PERP.simulated())

    class Wallets(toy):  # type: ignore[misc]  # a class of the toy's package
        def convert_key(self, key: SimKey) -> SimKey:
            address = f"0x{hashlib.sha256(key.key.encode()).hexdigest()[:40]}"
            return attrs.evolve(key, key=address, fields={"passphrase": key.secret[:12], "vault": f"V{key.key[:6]}"})

        def authenticate(self, request: Any, security: Any, keys: Any, milliseconds: int) -> SimKey:
            key: SimKey = super().authenticate(request, security, keys, milliseconds)
            if request.headers.get("X-Word") != key.fields["passphrase"]:
                raise Denied(json_response({"error": {"code": Code.BAD_SIGNATURE, "message": "wrong"}}, status=401))
            return key

    made: SimulatedVenue = Wallets()
    return made


FIELDS = (CredentialField("passphrase", "chosen with the key"), CredentialField("vault", "a vault", secret=False))
WALLETS = attrs.evolve(
    TOY_PERP,
    id="toy_wallets",
    realm="toy_wallets",
    key_check=address_fault,
    credential_fields=FIELDS,
    signing=_Signing(),
    simulated=_wallets,
)


def _simulation() -> Simulation:
    return Simulation((TOY_PERP, WALLETS), clock=InstantClock())


async def test_credentials_of_a_simulation_are_in_the_venues_form() -> None:
    """Every key opens its venue, with its fields; another's is a stranger there, and further keys are known, too."""
    async with _simulation() as sim, Runtime(journal=False, clock=sim._clock) as runtime:
        for key in (None, sim.add_key()):
            account = await runtime.open(WALLETS, sim.credentials("toy_wallets", key=key))
            assert await account.call(TOY.WALLET)
        plain = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        assert await plain.call(TOY.WALLET)

        known, stranger = sim.key_of("toy_wallets"), sim.make_stranger("toy_wallets")
        reading, sub = sim.key_of("toy_wallets", read_only=True), sim.key_of("toy_wallets", sub_account=True)
        assert address_fault(known.key) is None
        assert (known.secret, reading.read_only, sub.sub_account) == (sim.secret, True, True)
        assert len({known.key, reading.key, sub.key, stranger.key}) == 4
        fields = {**known.fields, "passphrase": stranger.fields["passphrase"]}
        wrong = venuekit.Credentials.sim(sim.rest("toy_wallets"), known.key, known.secret, fields=fields)
        account = await runtime.open(WALLETS, wrong)
        with pytest.raises(AuthenticationFailed):
            await account.call(TOY.WALLET)


async def test_the_line_of_a_served_simulation_has_the_fields() -> None:
    """A venue with another form of keys has its own pairs in it; the others share theirs."""
    async with _simulation() as sim:
        told = json.loads(announcement(sim))
        known, reading = sim.key_of("toy_wallets"), sim.key_of("toy_wallets", read_only=True)

    assert told["venues"]["toy_perp"].keys() == {"rest", "key", "secret"}
    assert told["venues"]["toy_wallets"] == {
        "rest": sim.rest("toy_wallets"),
        "key": known.key,
        "secret": known.secret,
        "fields": known.fields,
        "read_only": {"key": reading.key, "secret": reading.secret, "fields": reading.fields},
    }


def _modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(one.stat().st_mode) for one in directory.iterdir()}


async def test_its_accounts_file_refers_to_files_of_their_own(tmp_path: Path) -> None:
    """Secret fields are in private files, others in the file itself; it is written again, and over nobody's file."""
    file = tmp_path / "accounts.toml"
    async with _simulation() as sim:
        known = sim.key_of("toy_wallets")
        write_accounts_file(file, sim)
        write_accounts_file(file, sim)
        table = tomllib.loads(file.read_text())["accounts"]["toy_wallets"]
        word = tmp_path / "accounts.toml.sim-toy_wallets-passphrase"
        modes = _modes(tmp_path)
        written = word.read_text()
        file.unlink()
        with pytest.raises(AccountsFileError, match="toy_wallets-key was not written by venuekit sim"):
            write_accounts_file(file, sim)

    assert table["key"] == "file:accounts.toml.sim-toy_wallets-key"
    assert table["secret"] == "file:accounts.toml.sim-toy_wallets-secret"
    assert table["passphrase"] == f"file:{word.name}"
    assert table["vault"] == known.fields["vault"]
    assert (written, modes) == (known.fields["passphrase"], {0o600})
