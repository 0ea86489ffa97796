"""What tests ask the simulated venue, checked and decoded by nobody's client."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from venuekit.encoding import Encoding
from venuekit.endpoint import Endpoint
from venuekit.parameters import Kind, Parameter
from venuekit_bybit_inverse import BybitInverseAccount

INVERSE = {"category": "inverse"}
#: a verb, a path and parameters; returns the whole answer
Ask = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]

_KINDS = {list: Kind.LIST, int: Kind.INTEGER, bool: Kind.BOOLEAN}


def make_asker(account: BybitInverseAccount) -> Ask:
    """Return a function that sends a signed request of any names to any path, and returns the answer as JSON."""

    async def ask(verb: str, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        raw = Endpoint(
            verb,
            path,
            decode=json.loads,
            parameters=tuple(Parameter(name, _KINDS.get(type(value), Kind.TEXT)) for name, value in parameters.items()),
            encoding=Encoding.QUERY if verb == "GET" else Encoding.JSON,
        )
        answer: dict[str, Any] = await account.call(raw, **parameters)
        return answer

    return ask
