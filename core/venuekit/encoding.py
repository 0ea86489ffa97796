"""Encoding: the parameters of a request become its path, query and body, as the declaration of its endpoint says."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from operator import call
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from venuekit.parameters import CHECKS, CheckedValue, Kind, Parameter, fault_of, plain

if TYPE_CHECKING:
    from venuekit.endpoint import Endpoint


class Encoding(enum.StrEnum):
    """Where the parameters travel that are not part of the path."""

    QUERY = "query"
    FORM = "form"  #: a body that is written like a query, application/x-www-form-urlencoded
    JSON = "json"  #: a body that is a JSON object
    JSON_ARRAY = "json_array"  #: a body that is a JSON array: the one LIST; without a LIST, one object of them all


#: path, query (encoded, without ``?``) and body (None without one) of a request
Encoded: TypeAlias = tuple[str, str, bytes | None]
#: makes them of a caller's parameters; raises ``ValueError`` for parameters that the declaration refuses
Encode: TypeAlias = Callable[[Mapping[str, Any]], Encoded]
#: returns the checked values of those that are sent; raises ``ValueError`` likewise
CheckValues: TypeAlias = Callable[[Mapping[str, Any]], dict[str, CheckedValue]]

_CONTENT_TYPES = {
    Encoding.FORM: "application/x-www-form-urlencoded",
    Encoding.JSON: "application/json",
    Encoding.JSON_ARRAY: "application/json",
}
_BRACES = re.compile(r"\{([^{}]*)\}")
#: characters without percent-encoding, so that most values pass without a call of quote
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
#: types of values that are written as they are, where their characters allow it
_WRITTEN = frozenset({str, int})
#: parts of a path that a server or proxy takes for a step to another path, also when they are percent-encoded
_STEPS = frozenset({".", ".."})
_SLASH = re.compile(r"[/\\]")


def content_type_of(encoding: Encoding) -> str | None:
    """Return the media type of a body, None where parameters travel in the query."""
    return _CONTENT_TYPES.get(encoding)


def path_parameters(path: str) -> tuple[str, ...]:
    """Return the names in braces of a path, from left to right."""
    return tuple(_BRACES.findall(path))


def without_names(path: str) -> str:
    """Return a path whose parameters have no names: two paths that are the same so take the same requests."""
    return _BRACES.sub("{}", path)


def values_of_other(endpoint: Endpoint[Any], other: Endpoint[Any]) -> Mapping[str, str] | None:
    """
    Return the values with which a request of an endpoint would be one of another's, None without any.

    They are those of the other one's fixed path, or of its action.
    """
    if endpoint.verb != other.verb:
        return None
    values: Mapping[str, str] | None
    if endpoint.action == other.action:
        values = _values_of_path(endpoint, other)
    else:
        values = _values_of_action(endpoint, other) if endpoint.path == other.path else None
    try:
        for name, word in (values or {}).items():
            parameter = endpoint.by_name[name]
            CHECKS[parameter.kind](parameter, word)
    except ValueError:
        return None  # the declaration refuses such a value
    return values or None


def _values_of_path(endpoint: Endpoint[Any], other: Endpoint[Any]) -> Mapping[str, str] | None:
    parts, words = endpoint.path.split("/"), other.path.split("/")
    if len(parts) != len(words):
        return None
    values: dict[str, str] = {}
    for part, word in zip(parts, words, strict=True):
        names = path_parameters(part)
        if names and not path_parameters(word):
            values[names[0]] = word
        elif not names and part != word:
            return None
    return values


def _values_of_action(endpoint: Endpoint[Any], other: Endpoint[Any]) -> Mapping[str, str] | None:
    sent = {one.name for one in body_parameters(endpoint)}
    values = {name: word for name, word in other.action.items() if endpoint.action.get(name) != word}
    return values if values.keys() <= sent else None


def body_parameters(endpoint: Endpoint[Any]) -> tuple[Parameter, ...]:
    """Return the parameters that travel in the query or the body."""
    in_path = path_parameters(endpoint.path)
    return tuple(one for one in endpoint.parameters if not one.local and one.name not in in_path)


def list_of_body(endpoint: Endpoint[Any]) -> str | None:
    """Return the name of the parameter that is the whole body of a JSON_ARRAY, None where that is one object."""
    if endpoint.encoding is not Encoding.JSON_ARRAY:
        return None
    return next((one.name for one in body_parameters(endpoint) if one.kind is Kind.LIST), None)


# -- contradictions


def request_fault(endpoint: Endpoint[Any]) -> str | None:
    """Return why no request of an endpoint could be encoded, in one sentence with the mend; None where it can."""
    faults = (fault for parameter in endpoint.parameters if (fault := fault_of(parameter)))
    return next(faults, None) or _path_fault(endpoint) or _body_fault(endpoint) or _action_fault(endpoint)


def _path_fault(endpoint: Endpoint[Any]) -> str | None:
    names = path_parameters(endpoint.path)
    for part in endpoint.path.split("/"):
        if not {"{", "}"}.isdisjoint(part) and _BRACES.fullmatch(part) is None:
            return f"{part!r} of its path is neither fixed nor a parameter: write one name in braces between slashes"
    for name in names:
        parameter = next((one for one in endpoint.parameters if one.name == name), None)
        place = f"its path has {{{name}}}"
        if names.count(name) > 1:
            return f"{place} twice: give each part a name of its own"
        if parameter is None:
            return f"{place}, and it has no parameter {name!r}: declare it, with required=True"
        if not parameter.required:
            return f"{place}, which may be left out: declare the parameter with required=True"
        if parameter.local:
            return f"{place}, which is local and never sent: declare the parameter without local=True"
        if parameter.kind is Kind.LIST:
            return f"{place}, which is a list: declare another kind, or send it in query or body"
        if parameter.secret:
            return f"{place}, which is secret, and paths are shown: send it in query or body, or say secret=False"
    return None


def _body_fault(endpoint: Endpoint[Any]) -> str | None:
    encoding, sent = endpoint.encoding, body_parameters(endpoint)
    if encoding is Encoding.QUERY:
        return None
    if endpoint.verb == "GET":
        return f"a GET has no body, and its encoding is {encoding}: declare Encoding.QUERY"
    lists = [one.name for one in sent if one.kind is Kind.LIST]
    if encoding is not Encoding.JSON_ARRAY or not lists:
        return None
    if len(lists) > 1:
        return f"its body is one list, and {' and '.join(lists)} are lists: leave one, or declare Encoding.JSON"
    others = [*endpoint.action, *(one.name for one in sent if one.name != lists[0])]
    if others:
        words = f"its body is the list {lists[0]}, which has no place for {', '.join(others)}"
        return f"{words}: put that into the path, say local=True, or declare Encoding.JSON"
    return None


def _action_fault(endpoint: Endpoint[Any]) -> str | None:
    for name, value in endpoint.action.items():
        if not name or not isinstance(value, str):
            return f"its action says {name!r}: {value!r}: names and values of an action are texts"
        if any(one.name == name for one in endpoint.parameters):
            return f"its action says {name}, and so does a parameter: leave the parameter out"
    return None


def encoder_of(endpoint: Endpoint[Any]) -> Encode:
    """Return the function that encodes the parameters of an endpoint, made once, in the order the caller gave them."""
    write = _WRITERS[endpoint.encoding](endpoint)
    path, required, local = endpoint.path, endpoint.required, endpoint.local
    fill = _path_filler(endpoint) if path_parameters(path) else None

    def encode(parameters: Mapping[str, Any]) -> Encoded:
        if not required <= parameters.keys():
            raise _missing(endpoint, parameters)
        if local:
            parameters = _without_local(endpoint, parameters)
        if fill is None:
            return write(path, parameters)
        return write(*fill(parameters))

    return encode


def checker_of(endpoint: Endpoint[Any]) -> CheckValues:
    """Return the function that checks the parameters of an endpoint, made once; the action comes first."""
    check, required, local, action = _checker(endpoint), endpoint.required, endpoint.local, endpoint.action

    def check_values(parameters: Mapping[str, Any]) -> dict[str, CheckedValue]:
        if not required <= parameters.keys():
            raise _missing(endpoint, parameters)
        values = check(parameters)
        for name in local:
            values.pop(name, None)
        return {**action, **values} if action else values

    return check_values


def _checker(endpoint: Endpoint[Any]) -> CheckValues:
    """Return the function that checks the parameters that it is given, whether they are all that are needed or not."""
    by_name = endpoint.by_name
    checks = {name: _quick_check(one) for name, one in by_name.items()}

    def check(parameters: Mapping[str, Any]) -> dict[str, CheckedValue]:
        if not parameters.keys() <= checks.keys():
            raise _undeclared(endpoint, next(name for name in parameters if name not in checks))
        try:
            checked = [*map(call, map(checks.__getitem__, parameters), parameters.values())]
        except (LookupError, TypeError):
            checked = [CHECKS[by_name[name].kind](by_name[name], value) for name, value in parameters.items()]
        return dict(zip(parameters, checked, strict=True))

    return check


def _quick_check(parameter: Parameter) -> Callable[[Any], CheckedValue]:
    """Return the check of a parameter, or one that refuses the same by ``LookupError`` or ``TypeError``."""
    if parameter.kind is not Kind.TEXT or parameter.pattern is not None:
        return partial(CHECKS[parameter.kind], parameter)
    return str.__str__ if parameter.choices is None else {one: one for one in parameter.choices}.__getitem__


def _missing(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> ValueError:
    return ValueError(f"{endpoint} needs {', '.join(sorted(endpoint.required - parameters.keys()))}")


def _without_local(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters that are sent; local ones are checked like them, and stay here."""
    for name in endpoint.local & parameters.keys():
        parameter = endpoint.by_name[name]
        CHECKS[parameter.kind](parameter, parameters[name])
    return {name: value for name, value in parameters.items() if name not in endpoint.local}


def _path_filler(endpoint: Endpoint[Any]) -> Callable[[Mapping[str, Any]], tuple[str, Mapping[str, Any]]]:
    """Return the function that puts parameters into the path, and returns it with the parameters that remain."""
    pieces, names = _BRACES.split(endpoint.path), frozenset(path_parameters(endpoint.path))
    by_name = endpoint.by_name

    def fill(parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        filled = [*pieces]
        for index in range(1, len(pieces), 2):
            parameter, value = by_name[pieces[index]], parameters[pieces[index]]
            checked = CHECKS[parameter.kind](parameter, value)
            if checked == "" or not _STEPS.isdisjoint(_SLASH.split(str(checked))):
                raise ValueError(f"{parameter.name} must be a part of the path {endpoint.path}, not {value!r}")
            filled[index] = _text(checked, _json)
        return "".join(filled), {name: value for name, value in parameters.items() if name not in names}

    return fill


def _undeclared(endpoint: Endpoint[Any], name: str) -> ValueError:
    known = ", ".join(endpoint.by_name) or "none"
    return ValueError(f"{endpoint} does not declare a parameter {name!r}; it has {known}")


# -- query and form

_Write: TypeAlias = Callable[[str, Mapping[str, Any]], Encoded]


def _pair_writer(endpoint: Endpoint[Any]) -> Callable[[Mapping[str, Any]], str]:
    """Return the function that writes parameters as ``name=value`` pairs, those of the action first."""
    check = _checker(endpoint)
    begins = {one.name: f"{quote(one.name, safe='')}=" for one in endpoint.parameters}
    lists = {one.name: _list_writer(one) for one in endpoint.parameters if one.kind is Kind.LIST}
    action = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in endpoint.action.items()]

    def write(parameters: Mapping[str, Any]) -> str:
        checked = check(parameters)
        texts: Iterable[CheckedValue] = checked.values()
        # nearly every request is as it is written: looked at once, not value by value
        if not _WRITTEN.issuperset(map(type, texts)) or not _UNRESERVED("".join(map(str, texts))):
            texts = [_text(value, lists.get(name, _json)) for name, value in checked.items()]
        return "&".join([*action, *map("%s%s".__mod__, zip(map(begins.__getitem__, checked), texts, strict=True))])

    return write


def _query_writer(endpoint: Endpoint[Any]) -> _Write:
    pairs = _pair_writer(endpoint)
    return lambda path, parameters: (path, pairs(parameters), None)


def _form_writer(endpoint: Endpoint[Any]) -> _Write:
    pairs = _pair_writer(endpoint)
    return lambda path, parameters: (path, "", pairs(parameters).encode())


def _text(value: CheckedValue, write_list: Callable[[Any], str]) -> str:
    """Return a value percent-encoded."""
    if isinstance(value, int):
        return str(value).lower()  # True and False too
    return quote(value if isinstance(value, str) else write_list(value), safe="")


# -- JSON


def _json_writer(endpoint: Endpoint[Any]) -> _Write:
    write = _object_writer(endpoint)
    return lambda path, parameters: (path, "", write(parameters).encode())


def _array_writer(endpoint: Endpoint[Any]) -> _Write:
    name = list_of_body(endpoint)
    if name is None:
        write = _object_writer(endpoint)
        return lambda path, parameters: (path, "", f"[{write(parameters)}]".encode())
    parameter = endpoint.by_name[name]
    write_items = _list_writer(parameter)

    def write_array(path: str, parameters: Mapping[str, Any]) -> Encoded:
        for given in parameters:
            if given != name:
                raise _undeclared(endpoint, given)
        return path, "", write_items(CHECKS[Kind.LIST](parameter, parameters.get(name, ()))).encode()

    return write_array


def _object_writer(endpoint: Endpoint[Any]) -> Callable[[Mapping[str, Any]], str]:
    """Return the function that writes parameters as a JSON object, those of the action first."""
    check, action = _checker(endpoint), dict(endpoint.action)
    by_hand = {one.name: by for one in endpoint.parameters if (by := _json_by_hand(one)) is not None}

    def write(parameters: Mapping[str, Any]) -> str:
        values = {**action, **check(parameters)}
        if not by_hand:
            return _json(values)
        return f"{{{','.join(f'{_json(name)}:{by_hand.get(name, _json)(one)}' for name, one in values.items())}}}"

    return write


def _json_by_hand(parameter: Parameter) -> Callable[[Any], str] | None:
    """Return how a parameter is written that the encoder cannot write digit for digit; None for all others."""
    if parameter.kind is Kind.NUMBER:
        return str
    return _list_writer(parameter) if parameter.kind is Kind.LIST and parameter.items is not None else None


def _list_writer(parameter: Parameter) -> Callable[[Any], str]:
    """Return how a list is written: its Decimals as JSON numbers, as texts, or, where it does not say, not at all."""
    if parameter.items is Kind.NUMBER:
        return write_json
    return _json if parameter.items is None else _with_texts


def write_json(value: Any) -> str:
    """Return compact JSON in which Decimals are numbers, digit for digit; raises ``ValueError`` for what JSON lacks."""
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_json(str(name))}:{write_json(one)}' for name, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(write_json, value))}]"
    if isinstance(value, float):
        raise ValueError(f"{value!r} within a list is a float: write it as a Decimal")  # noqa: TRY004 - as all others
    return _json(value)


def _digits(value: Any) -> str:
    """Return a Decimal within a list as digits; every other type that JSON lacks is refused."""
    if not isinstance(value, Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    if not value.is_finite():
        raise ValueError(f"{value} within a list is no number")
    return plain(value)


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_compact_with_texts = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_digits)


def _json(value: Any) -> str:
    try:
        return _compact(value)
    except TypeError as error:  # the contents of a list are not declared
        raise ValueError(f"{error}: within a list, write numbers as texts") from None


def _with_texts(value: Any) -> str:
    try:
        return _compact_with_texts.encode(value)
    except TypeError as error:
        raise ValueError(f"{error}: within a list, write texts, numbers, lists and objects") from None


_WRITERS: Mapping[Encoding, Callable[[Endpoint[Any]], _Write]] = {
    Encoding.QUERY: _query_writer,
    Encoding.FORM: _form_writer,
    Encoding.JSON: _json_writer,
    Encoding.JSON_ARRAY: _array_writer,
}
