"""Signing: the request before it is signed, the input of its signature, and the scheme of a venue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Never, NoReturn, Protocol, SupportsIndex

from venuekit.message import ANSWER_LIMIT, HttpRequest, refuse_pickling


class EncodedRequest(NamedTuple):
    """
    A request before it is signed; a named tuple, since one is made for every call.

    ``base`` is the URL of the endpoint's host, ``path`` the path as it is sent, with its parameters. ``query`` is
    encoded and without ``?``, empty when there is none; ``body`` is None unless parameters travel there, and
    ``content_type`` its media type, for the header that the signing scheme sets. ``answer_limit`` is how many bytes the
    answer may have, decompressed. It may carry a listen key, so the repr shows verb and path only.
    """

    verb: str
    base: str
    path: str
    query: str
    body: bytes | None
    answer_limit: int = ANSWER_LIMIT
    content_type: str | None = None

    def __repr__(self) -> str:
        return f"EncodedRequest({self.verb} {self.path})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)

    @property
    def target(self) -> str:
        """Path and query as they are sent behind the host."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def with_headers(self, headers: Mapping[str, str]) -> HttpRequest:
        """Return the request as it is sent, with these headers and that of its body's media type."""
        if self.content_type is not None:
            headers = {**headers, "Content-Type": self.content_type}
        return HttpRequest(self.verb, f"{self.base}{self.target}", headers, self.body, self.answer_limit)


#: the fields of credentials that have none besides key and secret
NO_FIELDS: Mapping[str, Never] = MappingProxyType({})


class Stamp(NamedTuple):
    """
    The input of a signature besides the request: API key, timestamp and receive window in milliseconds.

    ``fields`` are the texts of the account's declared credential fields, by name: a scheme puts them in their place,
    such as a passphrase into its header. ``nonce`` is the number that no other request of the key carries
    (``Venue.nonce``); 0 where none is declared. ``token`` is the session token, for endpoints of ``Security.TOKEN``.
    """

    key: str
    timestamp: int
    recv_window: int
    fields: Mapping[str, str] = NO_FIELDS
    nonce: int = 0
    token: str = ""

    def __repr__(self) -> str:
        return f"Stamp(timestamp={self.timestamp}, recv_window={self.recv_window})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


class SigningScheme(Protocol):
    """
    The text that is signed and the place of the signature: pure, the venue's.

    How it is signed (HMAC, RSA, Ed25519, a wallet, another process) is the business of the signer.
    """

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """
        Return the request with its signature, written as the venue wants it: hex, base64, parts of a JSON body.

        ``signature`` is the signer's answer to ``payload``. The bytes sent are those that were signed.
        """

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """
        Return a request that needs no signature.

        With a ``stamp`` the endpoint asks for the API key, or whatever else names the account, or for the session token
        (``stamp.token``); None for a public one.
        """
