"""Footprints: what a write is about, from its endpoint and its parameters."""

from __future__ import annotations

from typing import Any

import attrs

from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.order_scope import OrderName
from venuekit.parameters import Parameter, Role
from venuekit.pipeline.write_scopes import Fence, Footprint, WriteScopes, footprint_of

SYMBOL = Parameter("symbol", role=Role.SYMBOL)
KIND = Parameter("kind")


def write_of(scope: WriteScope | None, **details: Any) -> Endpoint[bytes]:
    """Return an endpoint of a scope."""
    return Endpoint(
        "POST", "/write", parameters=(SYMBOL, KIND), effect=Effect.DELTA, write_scope=scope, decode=bytes, **details
    )


def test_a_setting_is_about_its_symbol_and_what_it_sets() -> None:
    """Without a symbol it is about every one."""
    endpoint = write_of(WriteScope.SYMBOL)

    assert footprint_of(endpoint, {"symbol": "A"}) == Footprint(WriteScope.SYMBOL, ("A",), (), endpoint.sets)
    assert footprint_of(endpoint, {}) == Footprint(WriteScope.SYMBOL, (), (), endpoint.sets)
    assert footprint_of(write_of(WriteScope.ACCOUNT), {"symbol": "A"}) == Footprint(WriteScope.ACCOUNT)


def test_an_order_that_cannot_rest_is_about_nothing() -> None:
    """One that rests is about its symbol; where nothing tells them apart, every one may rest."""
    endpoint = write_of(WriteScope.ORDER, rests=lambda parameters: parameters.get("kind") == "limit")

    assert footprint_of(endpoint, {"symbol": "A", "kind": "market"}) is None
    assert footprint_of(endpoint, {"symbol": "A", "kind": "limit"}) == Footprint(WriteScope.ORDER, ("A",))
    plain = write_of(WriteScope.ORDER)
    assert footprint_of(plain, {"symbol": "A", "kind": "market"}) == Footprint(WriteScope.ORDER, ("A",))
    assert footprint_of(write_of(WriteScope.ALL_ORDERS), {"symbol": "B"}) == Footprint(WriteScope.ALL_ORDERS, ("B",))
    assert footprint_of(write_of(None), {"symbol": "A"}) is None


def test_an_amendment_is_about_its_orders() -> None:
    """Of an order whose symbol is unknown it is about any symbol."""
    endpoint = Endpoint(
        "PUT",
        "/order",
        parameters=(SYMBOL, Parameter("id", role=Role.ORDER_ID)),
        effect=Effect.DELTA,
        write_scope=WriteScope.AMENDMENT,
        decode=bytes,
    )

    one = footprint_of(endpoint, {"symbol": "A", "id": "1"})
    assert one == Footprint(WriteScope.AMENDMENT, ("A",), (OrderName("A", "1"),))
    anywhere = footprint_of(endpoint, {"id": "1"})
    assert anywhere == Footprint(WriteScope.AMENDMENT, (), (OrderName(None, "1"),))
    names = (OrderName("A", "1"), OrderName(None, "2"))
    batch = attrs.evolve(endpoint, orders=lambda parameters: names[: parameters["count"]])
    assert footprint_of(batch, {"count": 1}) == Footprint(WriteScope.AMENDMENT, ("A",), names[:1])
    assert footprint_of(batch, {"count": 2}) == Footprint(WriteScope.AMENDMENT, (), names)


def fences(*numbers: tuple[str, int] | None) -> tuple[Fence, ...]:
    """Return fences of writes that carried these numbers."""
    symbol = Footprint(WriteScope.SYMBOL, ("A",))
    return tuple(Fence(symbol, until, until, "", number) for until, number in enumerate(numbers))


def test_a_write_that_is_proven_to_have_arrived_is_forgotten_alone() -> None:
    """Its equals stay."""
    scopes = WriteScopes()
    scopes.fences = first, second, _ = fences(None, None, ("ours", 1))

    scopes.lower(first)

    assert first not in scopes.fences
    assert scopes.fences[0] is second
    assert len(scopes.fences) == 2


def test_lower_numbers_of_one_key_are_forgotten() -> None:
    """Equal and higher ones stay, and those of other keys and of none."""
    scopes = WriteScopes()
    scopes.fences = fences(("ours", 1), ("ours", 2), ("ours", 3), ("theirs", 1), None)

    scopes.lower_below("ours", 2)

    assert [fence.number for fence in scopes.fences] == [("ours", 2), ("ours", 3), ("theirs", 1), None]


def test_no_fence_of_a_key_whose_later_number_arrives_is_waited_for() -> None:
    """Those of other keys are, and those of writes without a number; without such a key all are."""
    scopes, write = WriteScopes(), Footprint(WriteScope.SYMBOL, ("A",))
    until = {}
    for key in ("ours", "theirs", None):
        scopes.fences = fences(None, ("theirs", 3), ("ours", 1), ("ours", 2))
        fence = scopes.fence_before(write, "a write", 0, key)
        assert fence is not None
        until[key] = fence.until

    assert until == {"ours": 1, "theirs": 3, None: 3}
    scopes.fences = fences(("ours", 1))
    assert scopes.fence_before(write, "a write", 0, "ours") is None
