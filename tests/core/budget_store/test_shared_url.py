"""The URL of a store of budgets, and each fault that it can have: one sentence, before anything is sent."""

from __future__ import annotations

import sys

import pytest

from venuekit.credentials import Secret
from venuekit.errors import ConfigurationError
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import AfterStart, StoreAddress, WhenLost, chosen_store, parse_store

FORMS = "redis://[user:password@]host[:port][/db], rediss:// for TLS, valkey://, or unix:///path/to/socket"
SHARE = "lost=share needs share= with the part of each pool that a process may spend alone, above 0 and at most 1"


@pytest.mark.parametrize(
    ("url", "address", "shown"),
    [
        ("redis://cache", StoreAddress(host="cache", port=6379), "redis://cache:6379"),
        ("valkey://10.0.0.1:7000/3", StoreAddress(host="10.0.0.1", port=7000, database=3), "redis://10.0.0.1:7000"),
        (
            "rediss://trader:a%23b@[::1]:6380?prefix=desk-1",
            StoreAddress(
                host="::1", port=6380, is_encrypted=True, user="trader", password=Secret("a#b"), prefix="desk-1"
            ),
            "rediss://[::1]:6380",
        ),
        (
            "unix:///run/redis.sock?db=2&lost=share&share=0.25",
            StoreAddress(path="/run/redis.sock", database=2, when_lost=WhenLost.SHARE, share=0.25),
            "unix:///run/redis.sock",
        ),
        ("unix://:l0ck@/a%20b", StoreAddress(path="/a b", password=Secret("l0ck")), "unix:///a b"),
        ("redis://cache?lost=refuse&start=wait", StoreAddress(host="cache", port=6379), "redis://cache:6379"),
        (
            "valkeys://cache?start=open",
            StoreAddress(host="cache", port=6379, is_encrypted=True, after_start=AfterStart.OPEN),
            "rediss://cache:6379",
        ),
    ],
)
def test_a_url_is_read_in_whole(url: str, address: StoreAddress, shown: str) -> None:
    """Both servers' schemes, TLS, a socket file, and the options; a password is shown nowhere."""
    assert parse_store(url) == address
    assert str(address) == shown
    assert "password" not in repr(address)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("redis://host:port", f"expected {FORMS}"),
        ("rediz://host", f"'rediz' is no kind of store; did you mean redis?; expected {FORMS}"),
        ("localhost", f"it names no kind of store; expected {FORMS}"),
        ("redis://host:0", "0 is no port of a server; leave it out for 6379"),
        ("redis://", f"no host is named; expected {FORMS}"),
        ("redis://:pa#ss@host", "a store has no part after '#'; write '#' in a password as %23"),
        ("redis://:pa/ss@host", "write '/', '?' and '@' in a password as %2F, %3F and %40"),
        ("redis://host/one", "'one' is no number of a database"),
        ("unix:///s?db=-1", "'-1' is no number of a database"),
        ("redis://host?db=1", "db= is for unix:// alone; elsewhere the number follows the host: redis://host:6379/0"),
        ("unix://run/s", "expected the path of a socket with three slashes: unix:///path/to/socket"),
        (
            "redis://host?lots=share",
            "a store has no option 'lots'; did you mean lost?; expected lost, share, start, prefix, db",
        ),
        ("redis://host?lost=share&lost=share", "option 'lost' is given twice"),
        ("redis://host?lost=panic", "lost='panic': expected refuse, or share with share="),
        ("redis://host?start=now", "start='now': expected wait or open"),
        ("redis://host?share=0.5", "share= is for lost=share alone"),
        ("redis://host?lost=share", SHARE),
        (
            "redis://host?lost=share&share=1.5",
            f"{SHARE}; '1.5' is none",
        ),
        ("redis://host?prefix=a:b", "prefix= takes up to 64 letters, digits and _ . -"),
    ],
)
def test_a_fault_is_one_sentence_with_the_mend(url: str, fault: str) -> None:
    """It names the variable, and repeats no password."""
    with pytest.raises(ConfigurationError) as got:
        RedisStore(parse_store(url))
    assert str(got.value) == f"VENUEKIT_BUDGET: {fault}"


def test_the_store_that_was_chosen_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither names none; an error says which of the two it is about."""
    monkeypatch.delenv("VENUEKIT_BUDGET", raising=False)
    assert chosen_store(None) is None
    monkeypatch.setenv("VENUEKIT_BUDGET", "redis://one")
    assert [str(chosen_store(None)), str(chosen_store("redis://two"))] == ["redis://one:6379", "redis://two:6379"]
    with pytest.raises(ConfigurationError, match="budget: 'http' is no kind of store"):
        chosen_store("http://three")
    monkeypatch.setenv("VENUEKIT_BUDGET", " ")
    assert chosen_store(None) is None


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to an extra."""
    for name in [one for one in sys.modules if one == "redis" or one.startswith("redis.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"need the library redis: pip install 'venuekit\[redis\]'"):
        RedisStore(parse_store("redis://host"))
