"""The endpoint for Prometheus: all metrics of the process over HTTP, from the first venue until the process ends."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from venuekit.plugin import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider

_NAME = "VENUEKIT_PROMETHEUS"
_FORM = "give host and port, such as 127.0.0.1:9464"


@dataclass(slots=True, eq=False)
class _Endpoint:
    """A server under way, with the provider whose metrics it shows."""

    address: str
    provider: MeterProvider
    server: Any
    thread: threading.Thread


_lock = threading.Lock()
_endpoints: dict[str, _Endpoint] = {}


def serve_metrics(address: str) -> MeterProvider:
    """
    Serve metrics at ``host:port``, and return the provider for them; another call joins the same endpoint.

    Raises:
        ConfigurationError: the address is none or in use, or the libraries are missing.
    """
    with _lock:
        endpoint = _endpoints.get(address)
        if endpoint is None:
            endpoint = _endpoints[address] = _start(address, *_parse(address))
        return endpoint.provider


def close_metrics() -> None:
    """End every endpoint; the counts begin anew with the next one."""
    with _lock:
        for endpoint in _endpoints.values():
            endpoint.server.shutdown()
            endpoint.server.server_close()
            endpoint.thread.join()
            endpoint.provider.shutdown()
        _endpoints.clear()


def port_of(address: str) -> int:
    """Return the port that an endpoint has; another one than in its address where that is 0."""
    return int(_endpoints[address].server.server_port)


def _parse(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None or parts.netloc != address or parts.username is not None:
        raise ConfigurationError(f"{_NAME}: {address!r} is no address; {_FORM}")
    return host, port


def _start(address: str, host: str, port: int) -> _Endpoint:
    try:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader
        from opentelemetry.sdk.metrics import MeterProvider
        from prometheus_client import start_http_server
    except ImportError as error:
        words = f"{_NAME}: {error.name} is not installed"
        raise ConfigurationError(f"{words}; pip install 'venuekit-opentelemetry[prometheus]'") from None
    try:
        server, thread = start_http_server(port, host)
    except OSError as error:
        words = f"{_NAME}: metrics cannot be served at {address}: {error.strerror or error}"
        raise ConfigurationError(f"{words}; {_FORM}, that is free on this machine") from None
    # the reader joins the registry of the process, beside the metrics of Python itself
    return _Endpoint(address, MeterProvider([PrometheusMetricReader()]), server, thread)
