"""The bytes of a request on a connection: request line, headers and body, for one origin at a time."""

from __future__ import annotations

from aiohttp import ClientRequest, InvalidURL
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from venuekit.message import HttpRequest
from venuekit.pipeline.proxy import Proxy

#: verbs whose requests say nothing of a body when they have none
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: how many addresses are remembered; a venue has fewer endpoints
_REMEMBERED = 1024


class ServerOrigin:
    """
    Scheme, host and port that a connection leads to, and the proxy on the way.

    ``key`` is the name of its connections in aiohttp's pool. ``prefix`` precedes the path in a request line: a proxy
    that does not tunnel is given the whole address.
    """

    __slots__ = ("_defaults", "_headers", "_proxy", "_url", "key", "prefix")

    def __init__(self, url: URL, proxy: Proxy | None) -> None:
        if url.scheme not in {"http", "https"} or not url.raw_host:
            raise InvalidURL(url)
        self._url, self._proxy = url, proxy
        request = self.connection_request()
        self.key: ConnectionKey = request.connection_key
        self._defaults = dict(request.headers)
        self.prefix = ""
        if proxy is not None and url.scheme == "http":
            self.prefix = f"{url.scheme}://{url.raw_authority}"
            self._defaults |= _authorization(proxy)
        self._headers: dict[tuple[str, ...], str] = {}

    def connection_request(self) -> ClientRequest:
        """Return the request that aiohttp's connector opens a connection for, made anew: it writes into its headers."""
        if self._proxy is None:
            return ClientRequest("GET", self._url)
        return ClientRequest("GET", self._url, proxy=URL(self._proxy.url), proxy_headers=_authorization(self._proxy))

    def headers_beside(self, names: tuple[str, ...]) -> str:
        """Return the header lines every request carries, without those that a request brings itself."""
        lines = self._headers.get(names)
        if lines is None:
            own = {name.lower() for name in names}
            lines = "".join(f"{name}: {value}\r\n" for name, value in self._defaults.items() if name.lower() not in own)
            if len(self._headers) < _REMEMBERED:
                self._headers[names] = lines
        return lines


def _authorization(proxy: Proxy) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization.reveal()} if proxy.authorization else {}


class Origins:
    """Origins and paths by address, each taken apart once."""

    __slots__ = ("_addresses", "_origins", "_proxy")

    def __init__(self, proxy: Proxy | None) -> None:
        self._proxy = proxy
        self._origins: dict[tuple[str, str], ServerOrigin] = {}
        self._addresses: dict[str, tuple[ServerOrigin, str]] = {}

    def encode(self, request: HttpRequest) -> tuple[ServerOrigin, bytes]:
        """
        Return where a request goes, and its bytes.

        Raises:
            InvalidURL: the URL has no host, or another scheme than http and https.
            ValueError, TypeError: the URL or a header is no text that HTTP can carry.
        """
        address, mark, query = request.url.partition("?")
        origin, path = self._addresses.get(address) or self._remember(address)
        headers = request.headers
        head = [f"{_safe(request.verb)} {_safe(path + mark + query)} HTTP/1.1\r\n", origin.headers_beside((*headers,))]
        for name, value in headers.items():
            head.append(_safe(name) + ": " + _safe_value(value) + "\r\n")
        body = request.body
        if body is not None:
            head.append(f"Content-Length: {len(body)}\r\n\r\n")
            return origin, "".join(head).encode() + body
        head.append("\r\n" if request.verb in _WITHOUT_BODY else "Content-Length: 0\r\n\r\n")
        return origin, "".join(head).encode()

    def _remember(self, address: str) -> tuple[ServerOrigin, str]:
        url = URL(address, encoded=True)
        key = url.scheme, url.raw_authority
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = ServerOrigin(url.origin(), self._proxy)
        if len(self._addresses) >= _REMEMBERED:
            self._addresses.clear()
        self._addresses[address] = found = origin, origin.prefix + (url.raw_path or "/")
        return found


def _safe(text: str) -> str:
    """Return a text that is one word of a request's head; the error does not repeat it: it may hold a signature."""
    if not text.isprintable() or " " in text:
        raise ValueError("a space or a control character in the verb, the URL or the name of a header")
    return text


def _safe_value(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a control character in a header")
    return text
