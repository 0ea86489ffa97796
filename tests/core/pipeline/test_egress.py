"""The address that requests leave from: chosen, the proxy's, the machine's own where it is a global one, or any."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from venuekit.errors import ConfigurationError
from venuekit.pipeline import egress
from venuekit.pipeline.egress import Egress, find_own_address
from venuekit.pipeline.proxy import Proxy
from venuekit.venue import Environment, EnvironmentName

LIVE = Environment(name=EnvironmentName.LIVE, rest="https://api.example.test")
HERE = Environment(name=EnvironmentName.SIM, rest="http://127.0.0.1:8080/toy")
PROXY = Proxy.parse("http://user:password@gate.example.test:3128")


class Probe:
    """A socket that knows its own address, by the family that was asked for."""

    own: dict[Any, str] = {}  # noqa: RUF012 - set by each test

    def __init__(self, family: Any, kind: Any) -> None:
        assert kind is socket.SOCK_DGRAM  # nothing is sent by a connection of such a socket
        self.family = family

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None: ...

    def connect(self, _: object) -> None:
        if self.family not in self.own:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return self.own[self.family], 1


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({socket.AF_INET: "8.8.4.4"}, "8.8.4.4"),
        ({socket.AF_INET: "192.168.1.7", socket.AF_INET6: "2600::1"}, "any"),
        ({socket.AF_INET6: "2600::1"}, "2600::1"),
        ({socket.AF_INET: "100.64.0.9"}, "any"),
        ({}, "any"),
    ],
)
def test_a_machine_knows_its_address_only_where_it_is_global(
    own: dict[Any, str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a gateway the venue sees another one, which is nobody's to guess."""
    monkeypatch.setattr(Probe, "own", own)
    monkeypatch.setattr(socket, "socket", Probe)

    assert find_own_address() == found


def test_a_chosen_address_holds_for_all_and_else_each_way_out_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is named without its password; requests to this machine do not leave it."""
    monkeypatch.delenv("VENUEKIT_ADDRESS", raising=False)
    monkeypatch.setattr(egress, "find_own_address", lambda: "8.8.4.4")
    found = Egress(None, None)
    assert [found.address_of(one) for one in (LIVE, HERE, LIVE)] == ["8.8.4.4", "loopback", "8.8.4.4"]
    assert [Egress(None, PROXY).address_of(one) for one in (LIVE, HERE)] == ["gate.example.test:3128", "loopback"]
    assert [Egress("nat-1", PROXY).address_of(one) for one in (LIVE, HERE)] == ["nat-1", "nat-1"]

    monkeypatch.setenv("VENUEKIT_ADDRESS", "203.0.113.7")
    assert Egress(None, PROXY).address_of(LIVE) == "203.0.113.7"
    assert Egress("nat-1", None).address_of(LIVE) == "nat-1"
    monkeypatch.setenv("VENUEKIT_ADDRESS", " ")
    assert Egress(None, None).address_of(LIVE) == "8.8.4.4"


def test_an_address_that_is_none_is_refused_by_the_name_of_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mend is in the sentence."""
    monkeypatch.setenv("VENUEKIT_ADDRESS", "my office")
    with pytest.raises(ConfigurationError, match=r"^VENUEKIT_ADDRESS: 'my office' names no address; write the one"):
        Egress(None, None)
    with pytest.raises(ConfigurationError, match=r"^address: '' names no address"):
        Egress("", None)
