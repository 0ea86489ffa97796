"""The toy venue with addresses for keys, a passphrase in a header, a vault that is no secret, and its own signer."""

from __future__ import annotations

import hashlib
from typing import Any

import attrs

from venuekit.message import HttpRequest
from venuekit.plugin import CredentialField, EncodedRequest, HmacSigner, SignerFields, Stamp
from venuekit.simulator import Denied, SimKey, SimulatedVenue, json_response
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.signing import ToySigning

_HEADER = "X-Toy-Passphrase"


def address_fault(text: str) -> str | None:
    """Return why a text is no address."""
    return None if text.startswith("0x") and len(text) == 42 else "is no address: it has 40 hex digits behind 0x"


class _Signing(ToySigning):
    """The toy's scheme, with the passphrase in a header of its own."""

    __slots__ = ()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        request = super().attach_signature(encoded, stamp, payload, signature)
        return request._replace(headers={**request.headers, _HEADER: stamp.fields["passphrase"]})


def _make_signer(fields: SignerFields) -> HmacSigner:
    return HmacSigner(fields.secret)


def _simulated() -> SimulatedVenue:
    """Return the toy's simulated venue with keys of that form."""
    assert TOY_PERP.simulated is not None
    toy: Any = type(TOY_PERP.simulated())

    class Guarded(toy):  # type: ignore[misc]  # a class of the toy's package
        def convert_key(self, key: SimKey) -> SimKey:
            address = f"0x{hashlib.sha256(key.key.encode()).hexdigest()[:40]}"
            fields = {"passphrase": f"word of {key.secret[:24]}", "vault": f"V{key.key[:6]}"}
            return attrs.evolve(key, key=address, fields=fields)

        def authenticate(self, request: Any, security: Any, keys: Any, milliseconds: int) -> SimKey:
            key: SimKey = super().authenticate(request, security, keys, milliseconds)
            if request.headers.get(_HEADER) != key.fields["passphrase"]:
                raise Denied(json_response({"error": {"code": Code.BAD_SIGNATURE, "message": "wrong"}}, status=401))
            return key

    made: SimulatedVenue = Guarded()
    return made


TOY_GUARDED = attrs.evolve(
    TOY_PERP,
    id="toy_guarded",
    realm="toy_guarded",
    key_check=address_fault,
    credential_fields=(
        CredentialField("passphrase", "the passphrase that was chosen for the key"),
        CredentialField("vault", "the vault to trade for", secret=False),
    ),
    signing=_Signing(),
    make_signer=_make_signer,
    simulated=_simulated,
)
