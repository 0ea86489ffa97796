"""First station: parameters become one string, built once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import quote

from venuekit.endpoint import Encoding, Endpoint, Kind, Parameter

#: characters without percent-encoding, so that most values pass without a call of quote
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
_pattern = lru_cache(maxsize=256)(re.compile)
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_CheckedValue: TypeAlias = str | int | list[Any]


def plain(number: Decimal | int) -> str:
    """Return a number in plain digits, never with an exponent."""
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def encode(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """
    Return the query string and the body of a request, in the order the caller gave the parameters.

    Raises:
        ValueError: a parameter that is not declared or is missing, or a value that the declaration refuses.
    """
    if not endpoint.required <= parameters.keys():
        missing = ", ".join(sorted(endpoint.required - parameters.keys()))
        raise ValueError(f"{endpoint} needs {missing}")
    declared = endpoint.by_name
    if endpoint.local:
        parameters = _parameters_to_send(endpoint, parameters)
    if endpoint.encoding is Encoding.JSON:
        values = {name: _check_parameter(endpoint, declared, name, value) for name, value in parameters.items()}
        return "", _json(values).encode()
    parts = []
    for name, value in parameters.items():
        parameter = declared.get(name)
        checked = (
            _CHECKS[parameter.kind](parameter, value)
            if parameter
            else _check_parameter(endpoint, declared, name, value)
        )
        parts.append(f"{name}={checked if type(checked) is int else _text(checked)}")
    return "&".join(parts), None


def _parameters_to_send(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters that are sent; local ones are checked like them, and stay here."""
    for name in endpoint.local & parameters.keys():
        _check_parameter(endpoint, endpoint.by_name, name, parameters[name])
    return {name: value for name, value in parameters.items() if name not in endpoint.local}


def _check_parameter(
    endpoint: Endpoint[Any], declared: Mapping[str, Parameter], name: str, value: Any
) -> _CheckedValue:
    parameter = declared.get(name)
    if parameter is None:
        known = ", ".join(declared) or "none"
        raise ValueError(f"{endpoint} does not declare a parameter {name!r}; it has {known}")
    return _CHECKS[parameter.kind](parameter, value)


def _text(value: _CheckedValue) -> str:
    if isinstance(value, int):
        return str(value).lower()  # True and False too
    text = value if isinstance(value, str) else _json(value)
    return text if _UNRESERVED(text) else quote(text, safe="")


def _json(value: Any) -> str:
    try:
        return _compact(value)
    except TypeError as error:  # the contents of a list are not declared
        raise ValueError(f"{error}: within a list, write numbers as texts") from None


def _check_text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise _refuse(parameter, "a text", value)
    if parameter.choices is not None and value not in parameter.choices:
        raise _refuse(parameter, f"one of {', '.join(sorted(parameter.choices))}", value)
    if parameter.pattern is not None and not _pattern(parameter.pattern).fullmatch(value):
        raise _refuse(parameter, f"a text like {parameter.pattern}", value)
    return str(value)


def _check_integer(parameter: Parameter, value: Any) -> int:
    whole = type(value) is int or (isinstance(value, Decimal) and value.is_finite() and value == int(value))
    if not whole:
        raise _refuse(parameter, _expectation(parameter, "a whole number"), value)
    _check_range(parameter, value, "a whole number")
    if parameter.choices is not None and str(int(value)) not in parameter.choices:
        raise _refuse(parameter, f"one of {', '.join(sorted(parameter.choices))}", value)
    return int(value)


def _check_decimal(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise _refuse(parameter, _expectation(parameter, "an int or Decimal"), value)
    _check_range(parameter, value, "an int or Decimal")
    return plain(value)


def _check_boolean(parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refuse(parameter, "True or False", value)
    return value


def _check_list(parameter: Parameter, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _refuse(parameter, "a list", value)
    return list(value)


def _check_range(parameter: Parameter, value: Decimal | int, noun: str) -> None:
    too_small = parameter.minimum is not None and value < parameter.minimum
    if too_small or (parameter.maximum is not None and value > parameter.maximum):
        raise _refuse(parameter, _expectation(parameter, noun), value)


def _expectation(parameter: Parameter, noun: str) -> str:
    low = "" if parameter.minimum is None else f" from {parameter.minimum}"
    high = "" if parameter.maximum is None else f" up to {parameter.maximum}"
    return noun + low + high


def _refuse(parameter: Parameter, expected: str, value: Any) -> ValueError:
    return ValueError(f"{parameter.name} must be {expected}, not {value!r}")


_CHECKS: Mapping[Kind, Callable[[Parameter, Any], _CheckedValue]] = {
    Kind.TEXT: _check_text,
    Kind.INTEGER: _check_integer,
    Kind.DECIMAL: _check_decimal,
    Kind.BOOLEAN: _check_boolean,
    Kind.LIST: _check_list,
}
