"""A TLS server for tests: a certificate of its own for a name that does not exist. It secures nothing."""

from __future__ import annotations

import ssl
from pathlib import Path

HOST = "venue.invalid"

_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBoDCCAUegAwIBAgIUF9IE00QnO/LkhL2l3MCJ2zS6iD0wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNdmVudWUuaW52YWxpZDAgFw0yNjExMjgyMDIyMjFaGA8yMTI2
MTEwNDIwMjIyMVowGDEWMBQGA1UEAwwNdmVudWUuaW52YWxpZDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABPkO2i8sj7r7X0PPSFcCuQLNtKMrg+CRNo2kUBTL64QX
9oOT1OPIUNOq1B3yJLN1WpyTjSQrPPz+ipsIGLUGq5CjbTBrMB0GA1UdDgQWBBSw
lhT7sgl2nE+/SSqyEsnP6W9/mTAfBgNVHSMEGDAWgBSwlhT7sgl2nE+/SSqyEsnP
6W9/mTAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDXZlbnVlLmludmFsaWQw
CgYIKoZIzj0EAwIDRwAwRAIga4YmyJXm6qVasP+UPCZ/M6Ob7aAwH1HGgiA/ieAH
S2kCIGcV2VFq+pyxI23PJs+f/1sCG+SRzilshrHGNU0JKhTA
-----END CERTIFICATE-----
"""
_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzVD2hUUWe6unYtGP
oep/qfBxedywMgbrfm558evreLahRANCAAT5DtovLI+6+19Dz0hXArkCzbSjK4Pg
kTaNpFAUy+uEF/aDk9TjyFDTqtQd8iSzdVqck40kKzz8/oqbCBi1BquQ
-----END PRIVATE KEY-----
"""


def server_context(directory: Path) -> ssl.SSLContext:
    """Return what a server needs to be ``venue.invalid``; ``directory`` is where its files may be for a moment."""
    path = directory / "venue.pem"
    path.write_text(_KEY + _CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def client_context() -> ssl.SSLContext:
    """Return what trusts that one server."""
    return ssl.create_default_context(cadata=_CERTIFICATE)
