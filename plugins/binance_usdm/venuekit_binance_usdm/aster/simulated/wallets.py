"""The server's side of the venue for wallets: it recovers the signer of every request, and remembers its nonces."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from heapq import heappush, heappushpop

import attrs

from venuekit.plugin import Secret, Security
from venuekit.simulator import SimKey, SimRequest
from venuekit.simulator.ledger import Contract, PositionFigures
from venuekit_binance_common.simulated.binance_venue import split_signature
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.simulated.aster_venue import SimulatedAster
from venuekit_binance_usdm.aster.terms import NONCE_WINDOW
from venuekit_binance_usdm.aster.wallet import CHAIN_ID, DOMAIN, SIGNER, TypedText, WalletSigner, find_signer
from venuekit_binance_usdm.simulated.unserved import ASTER_V3_UNSERVED

#: how many nonces the venue remembers of each signer
_REMEMBERED = 100
_NONCE = re.compile(r"[0-9]{1,18}")
_SIGNATURE = re.compile(r"(?:0x)?([0-9a-fA-F]{130})")
_MICROSECONDS = 1000


class SimulatedAsterV3(SimulatedAster):
    """The venue for wallets: the user's, whose account it is, and the signer's, whose private key signs."""

    endpoints = ASTER
    old_trades_security = Security.NONE
    stream = ASTER.STREAM
    unserved = ASTER_V3_UNSERVED
    errors = attrs.evolve(SimulatedAster.errors, words={**SimulatedAster.errors.words, -4225: "Nonce Expired"})

    def __init__(self) -> None:
        super().__init__()
        self._typed_text = TypedText(DOMAIN, CHAIN_ID)
        self._nonces: dict[str, list[int]] = {}

    def convert_key(self, key: SimKey) -> SimKey:
        """Return the wallets that follow from a key: the user's address, and the signer's private key and address."""
        private_key = _make_private_key(key.secret)
        return attrs.evolve(
            key,
            key=self._address_of(_make_private_key(key.key)),
            secret=private_key,
            fields={SIGNER: self._address_of(private_key)},
        )

    def authenticate(
        self,
        request: SimRequest,
        security: Security,  # noqa: ARG002  (every request that is not public is signed)
        keys: Mapping[str, SimKey],
        milliseconds: int,
    ) -> SimKey:
        """
        Return the caller's key.

        Raises:
            Denied: -1102 without user, signer, nonce or signature, -2015 for an unknown user or a signer that it has
                not approved, -1022 for a wrong signature or one that is not the last parameter, -4225 for a nonce that
                was used, or is outside its window.
        """
        sent = {name: request.text(name) for name in ("user", SIGNER, "nonce", "signature")}
        for name, text in sent.items():
            if not text:
                raise self.errors.missing(name)
        user, signer = (str(sent[name]).lower() for name in ("user", SIGNER))
        key = next((key for address, key in keys.items() if address.lower() == user), None)
        if key is None or key.fields[SIGNER].lower() != signer:
            raise self.errors.denial(-2015)
        self._check_signature_of(request, key.fields[SIGNER])
        nonce = self._check_nonce(request, milliseconds)
        self._remember(signer, nonce)
        return key

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with its settings, without the break-even price that V1 has."""
        row = super().risk_row(figures, contract)
        return {name: value for name, value in row.items() if name != "breakEvenPrice"}

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check the nonce a second time, as the matching engine does before it applies a request."""
        self._check_nonce(request, milliseconds)

    def _address_of(self, private_key: str) -> str:
        return WalletSigner(Secret(private_key), self._typed_text).address

    def _check_signature_of(self, request: SimRequest, signer: str) -> None:
        """Check the signature over the parameters, which are in the query string or in a form."""
        parts = split_signature(request.query or request.body.decode("utf-8", "replace"))
        match = None if parts is None else _SIGNATURE.fullmatch(parts[1])
        if parts is None or match is None or (request.query and request.body):
            raise self.errors.denial(-1022)
        digest = self._typed_text.digest(parts[0].encode())
        if find_signer(digest, bytes.fromhex(match[1])) != signer:
            raise self.errors.denial(-1022)

    def _check_nonce(self, request: SimRequest, milliseconds: int) -> int:
        """Return the nonce of a request; raises ``Denied`` with -4225 where it is outside its window."""
        text = request.text("nonce") or ""
        if not _NONCE.fullmatch(text):
            raise self.errors.missing("nonce")
        nonce = int(text)
        if abs(nonce - milliseconds * _MICROSECONDS) > NONCE_WINDOW * _MICROSECONDS:
            raise self.errors.denial(-4225)
        return nonce

    def _remember(self, signer: str, nonce: int) -> None:
        """Remember a nonce instead of the smallest one; raises ``Denied`` with -4225 where it was used or is below."""
        remembered = self._nonces.setdefault(signer, [])
        is_full = len(remembered) == _REMEMBERED
        if nonce in remembered or (is_full and nonce < remembered[0]):
            raise self.errors.denial(-4225)
        (heappushpop if is_full else heappush)(remembered, nonce)


def _make_private_key(text: str) -> str:
    """Return the private key that follows from a text."""
    return f"0x{hashlib.sha256(text.encode()).hexdigest()}"
