"""An endpoint whose declaration contradicts itself is refused when its plugin is loaded, before anything is sent."""

from __future__ import annotations

import re

import pytest
from tests.core.plugin_sites import Discover, Install, venue_code

from venuekit.capabilities import CountdownControl
from venuekit.encoding import Encoding, values_of_other
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import PluginError
from venuekit.parameters import Kind, Parameter

_READ = ", effect=Effect.READ"


@pytest.mark.parametrize(
    ("endpoint", "cause"),
    [
        ("'/order', serves=(OrderControl.place_order,)", "serves place_order and its effect is delta; .* Effect.KEYED"),
        (f"'/order', serves=(OrderControl.place_order,){_READ}, note='x'", "place_order .* read; .* Effect.KEYED"),
        (f"'/orders', serves=(OrderBatchControl.place_orders,){_READ}", "serves place_orders .* Effect.KEYED"),
        (f"'/margin', serves=(PositionMarginControl.add_margin,){_READ}", "serves add_margin .* Effect.DELTA"),
        ("'/margin', serves=(PositionMarginControl.reduce_margin,), effect=Effect.SESSION", "twice: .* Effect.DELTA"),
        (
            f"'/leverage', serves=(LeverageControl.set_leverage,){_READ}",
            "set_leverage .* something: .* Effect.SET",
        ),
        ("'/mode', serves=(PositionModeControl.set_position_mode,), effect=Effect.SESSION", "session; .* Effect.SET"),
        (f"'/order', serves=(OrderControl.cancel_order,){_READ}", "serves cancel_order and its effect is read; .*"),
        (f"'/info'{_READ}", "its effect is read, and POST usually changes something: say in its note why"),
    ],
)
def test_an_endpoint_that_contradicts_itself_is_refused(
    install: Install, discover: Discover, endpoint: str, cause: str
) -> None:
    """A write whose effect would let it be sent twice, or past the guard, is refused with its path and the mend."""
    names = "from venuekit.capabilities import *\nfrom venuekit.endpoint import Effect\n"
    declaration = f"Endpoint('POST', {endpoint}, decode=bytes)"
    install("acme", f"{venue_code('acme_perp')}\n{names}{declaration}", venues=("acme_perp",))

    with pytest.raises(PluginError, match=rf"(?s)acme 1\.5 cannot be used: ValueError: POST /\w+: .*{cause}"):
        discover().venue("acme_perp")


@pytest.mark.parametrize(
    ("endpoint", "cause"),
    [
        ("'/orders/{id}'", r"its path has \{id\}, and it has no parameter 'id': declare it, with required=True"),
        ("'/orders/{id}', parameters=(Parameter('id'),)", "which may be left out: declare .* required=True"),
        ("'/orders/x{id}', parameters=(Parameter('id', required=True),)", "'x{id}' of its path is neither fixed nor"),
        ("'/orders/{id', parameters=(Parameter('id', required=True),)", "'{id' of its path is neither fixed nor"),
        ("'/a/{id}/b/{id}', parameters=(Parameter('id', required=True),)", "has {id} twice: give each part a name"),
        ("'/o/{id}', parameters=(Parameter('id', required=True, local=True),)", "local and never sent: .* without"),
        ("'/o/{ids}', parameters=(Parameter('ids', Kind.LIST, required=True),)", "is a list: declare another kind"),
        ("'/o/{listenKey}', parameters=(Parameter('listenKey', required=True),)", "is secret, and paths are shown: "),
        (
            "'/o', encoding=Encoding.JSON_ARRAY, parameters=(Parameter('a', Kind.LIST), Parameter('b', Kind.LIST))",
            "its body is one list, and a and b are lists: leave one, or declare Encoding.JSON",
        ),
        (
            "'/o', encoding=Encoding.JSON_ARRAY, parameters=(Parameter('a', Kind.LIST), Parameter('b'))",
            "its body is the list a, which has no place for b: put that into the path, say local=True, or",
        ),
        (
            "'/o', encoding=Encoding.JSON_ARRAY, parameters=(Parameter('a', Kind.LIST),), action={'type': 'x'}",
            "its body is the list a, which has no place for type: ",
        ),
        ("'/o', parameters=(Parameter('type'),), action={'type': 'x'}", "says type, and so does a parameter: leave"),
        ("'/o', action={'version': 2}", "its action says 'version': 2: names and values of an action are texts"),
        ("'/o', parameters=(Parameter('n', Kind.NUMBER, choices=frozenset({'1'})),)", "n has choices, .* minimum and"),
        ("'/o', parameters=(Parameter('n', Kind.INTEGER, choices=frozenset({'one'})),)", "may not be 'one': declare"),
        ("'/o', parameters=(Parameter('n', choices=frozenset()),)", "n has no choices, so that no value can be sent: "),
        ("'/o', parameters=(Parameter('n', Kind.NUMBER, pattern='1+'),)", "n has a pattern, and its kind is number: "),
        (
            "'/o', parameters=(Parameter('n', minimum=Decimal(1)),)",
            "n has a minimum or maximum, and .* is text: ",
        ),
        (
            "'/o', parameters=(Parameter('n', Kind.NUMBER, minimum=Decimal(3), maximum=Decimal(2)),)",
            "n is at least 3 and at most 2, so that no value can be sent: swap them",
        ),
        ("'/o', parameters=(Parameter('n', items=Kind.NUMBER),)", "n has items=number and is text: items is Kind.DEC"),
        ("'/o', parameters=(Parameter('n', Kind.LIST, items=Kind.TEXT),)", "n has items=text and is list: items is "),
        ("'/o', parameters=(Parameter('n'), Parameter('n'))", "a parameter is declared twice"),
    ],
)
def test_a_request_that_cannot_be_encoded_is_refused(
    install: Install, discover: Discover, endpoint: str, cause: str
) -> None:
    """A declaration of which no request could be made is refused with its path, its parameter and the mend."""
    names = "from venuekit.plugin import Encoding, Kind, Parameter\n"
    declaration = f"Endpoint('POST', {endpoint}, decode=bytes)"
    install("acme", f"{venue_code('acme_perp')}\n{names}{declaration}", venues=("acme_perp",))

    with pytest.raises(PluginError, match=rf"(?s)acme 1\.5 cannot be used: ValueError: POST /\S+.*: .*{cause}"):
        discover().venue("acme_perp")


@pytest.mark.parametrize(
    ("endpoints", "cause"),
    [
        (
            "Endpoint('POST', '/o', decode=bytes), Endpoint('POST', '/o', decode=bytes)",
            "POST /o is declared twice: declare it once, or give each an action that its requests carry",
        ),
        (
            (
                "Endpoint('POST', '/o', decode=bytes, action={'t': 'a', 'v': '2'}),"
                " Endpoint('POST', '/o', decode=bytes, action={'v': '2', 't': 'a'})"
            ),
            "POST /o t=a v=2 is declared twice: ",
        ),
        (
            (
                "Endpoint('GET', '/o/{a}', decode=bytes, parameters=(Parameter('a', required=True),)),"
                " Endpoint('GET', '/o/{b}', decode=bytes, parameters=(Parameter('b', required=True),))"
            ),
            "GET /o/{b} is the same as GET /o/{a}: ",
        ),
        (
            (
                "Endpoint('DELETE', '/o/{id}', decode=bytes, parameters=(Parameter('id', required=True),)),"
                " Endpoint('DELETE', '/o/all', decode=bytes)"
            ),
            "DELETE /o/{id} with id='all' would be DELETE /o/all: give id a pattern or choices without that word",
        ),
        (
            (
                "Endpoint('POST', '/do', decode=bytes, parameters=(Parameter('type', required=True),)),"
                " Endpoint('POST', '/do', decode=bytes, action={'type': 'withdraw'})"
            ),
            "POST /do with type='withdraw' would be POST /do type=withdraw: give type a pattern or choices without",
        ),
    ],
)
def test_endpoints_that_no_request_tells_apart_are_refused(
    install: Install, discover: Discover, endpoints: str, cause: str
) -> None:
    """A venue has each verb, path and action once, and no value of a path makes one endpoint another."""
    code = venue_code("acme_perp").replace("endpoints=(time,)", f"endpoints=({endpoints})")
    install("acme", f"from venuekit.parameters import Parameter\n{code}", venues=("acme_perp",))

    with pytest.raises(PluginError, match=rf"(?s)acme 1\.5 cannot be used: ValueError: acme_perp: {re.escape(cause)}"):
        discover().venue("acme_perp")


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter("id", required=True, pattern="[0-9]+"),
        Parameter("id", Kind.INTEGER, required=True),
        Parameter("id", required=True, choices=frozenset({"one", "other"})),
    ],
)
def test_a_path_that_excludes_its_neighbours_is_taken(parameter: Parameter) -> None:
    """A pattern, choices or a kind keep the value of a path from being the fixed part of another one."""
    one: Endpoint[bytes] = Endpoint("DELETE", "/o/{id}", decode=bytes, parameters=(parameter,))
    every: Endpoint[bytes] = Endpoint("DELETE", "/o/all", decode=bytes)
    read: Endpoint[bytes] = Endpoint("GET", "/o/all", decode=bytes)

    assert values_of_other(one, every) is values_of_other(one, read) is values_of_other(every, one) is None


@pytest.mark.parametrize(
    "parameter", [Parameter("kind"), Parameter("type", pattern="[a-d]+"), Parameter("type", local=True)]
)
def test_an_action_that_no_parameter_can_say_is_taken(parameter: Parameter) -> None:
    """An endpoint without an action may stand beside one whose action it cannot send."""
    one: Endpoint[bytes] = Endpoint("POST", "/do", decode=bytes, parameters=(parameter,))
    other: Endpoint[bytes] = Endpoint("POST", "/do", decode=bytes, action={"type": "withdraw"})

    assert values_of_other(one, other) is values_of_other(other, one) is None


@pytest.mark.parametrize("encoding", [Encoding.FORM, Encoding.JSON, Encoding.JSON_ARRAY])
def test_a_get_has_no_body(encoding: Encoding) -> None:
    """A GET whose parameters would travel in a body is refused: servers ignore or refuse such a body."""
    with pytest.raises(ValueError, match=f"GET /info: a GET has no body, and its encoding is {encoding}: declare"):
        Endpoint("GET", "/info", decode=bytes, encoding=encoding)


def test_a_read_by_post_says_why() -> None:
    """A read that is posted is taken with a note, and so is a session that renews a countdown."""
    posted: Endpoint[bytes] = Endpoint("POST", "/info", decode=bytes, effect=Effect.READ, note="Reads are posted here.")
    serves = (CountdownControl.set_countdown,)
    beat: Endpoint[bytes] = Endpoint("POST", "/beat", decode=bytes, effect=Effect.SESSION, serves=serves)

    assert not posted.is_write
    assert not beat.is_write
