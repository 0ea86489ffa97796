"""The newest clients of the venues themselves: their requests, and the bodies that their models document."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pybit
from pydantic import BaseModel
from tests.contract.shapes import ANYTHING, Shape

#: the client of each venue that has one with a signature for every request
CLIENTS = {
    "binance_usdm": "binance_sdk_derivatives_trading_usds_futures",
    "binance_coinm": "binance_sdk_derivatives_trading_coin_futures",
}
#: parameters of signing, which no endpoint declares
SIGNING = frozenset({"recvWindow", "timestamp", "signature"})
_SCALARS: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_VERB, _PATH = re.compile(r'method="(\w+)"'), re.compile(r'path="([^"]+)"')
#: a request of Bybit's client: its verb, and where its path stands
_BYBIT_CALL = re.compile(r'method="(\w+)",\s*path=f"\{self\.endpoint\}\{(\w+)\.\s*(\w+)\}"')
_ANSWER = re.compile(r"response_model=(\w+)")


@attrs.frozen
class Call:
    """
    A request of a client.

    Attributes:
        parameters: The names, by the venue's spelling, without those of signing.
        required: Those of them that the client insists on.
        values: The words of those that have a list of them.
        body: The fields that its answer is documented with, None where the client has no model of them.
    """

    parameters: frozenset[str]
    required: frozenset[str]
    values: Mapping[str, frozenset[str]]
    body: Shape | None


def camel(name: str) -> str:
    """Return the venue's spelling of a parameter."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def calls(venue: str) -> Mapping[tuple[str, str], Call]:
    """Return every request of a venue's client, by verb and path."""
    api = importlib.import_module(f"{CLIENTS[venue]}.rest_api.api")
    found = {}
    for _, kind in inspect.getmembers(api, inspect.isclass):
        for _, method in inspect.getmembers(kind, inspect.isfunction):
            source = inspect.getsource(method)
            verb, path = _VERB.search(source), _PATH.search(source)
            if verb is not None and path is not None:
                found[verb[1], path[1]] = _call(method, source)
    return found


def _call(method: types.FunctionType, source: str) -> Call:
    hints = {camel(name): hint for name, hint in inspect.get_annotations(method, eval_str=True).items()}
    arguments = {camel(name): each for name, each in inspect.signature(method).parameters.items()}
    names = arguments.keys() - SIGNING - {"self"}
    values = {name: listed for name in names if (listed := _values_of(hints.get(name))) is not None}
    answer = _ANSWER.search(source)
    model = None if answer is None else method.__globals__.get(answer[1])
    return Call(
        frozenset(names),
        frozenset(name for name in names if arguments[name].default is inspect.Parameter.empty),
        values,
        None if model is None else _body(model),
    )


def _values_of(hint: object) -> frozenset[str] | None:
    """Return the values of an enumeration, be it optional; None for any other type."""
    for one in (hint, *typing.get_args(hint)):
        if isinstance(one, type) and issubclass(one, enum.Enum):
            return frozenset(str(member.value) for member in one)
    return None


def _body(model: type[BaseModel]) -> Shape | None:
    """Return the fields of an answer; None where its model names none, as of rows without names."""
    shape = _shape_of(model)
    return shape if shape.fields or shape.rows else None


def _shape_of(hint: Any) -> Shape:
    """Return the shape of a type of a model."""
    if hint in _SCALARS:
        return Shape.of_type(_SCALARS[hint])
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _shape_of(inner[0])
    if origin in {typing.Union, types.UnionType}:
        shapes = [_shape_of(one) for one in inner if one is not type(None)]
        return Shape.union(shapes)
    if origin is list:
        row = _shape_of(inner[0])
        return row if _is_list(inner[0]) else Shape.of_rows(row)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return _shape_of_model(hint)
    return ANYTHING


def _shape_of_model(model: type[BaseModel]) -> Shape:
    fields = model.model_fields
    if "one_of_schemas" in fields:
        return _shape_of(fields["actual_instance"].annotation)
    named = {
        field.alias or name: _shape_of(field.annotation)
        for name, field in fields.items()
        if name != "additional_properties"
    }
    shape = Shape.of_object(named) if named else ANYTHING
    return Shape.of_rows(shape) if _is_list(model) else shape


def _is_list(hint: Any) -> bool:
    """Say whether a type is a model of the rows of a list, which the client writes as the list's own type."""
    is_array = getattr(hint, "is_array", None)
    return is_array is not None and bool(is_array())


@cache
def paths_of_bybit() -> frozenset[str]:
    """Return every path of Bybit's client."""
    texts = (file.read_text(encoding="utf-8") for file in Path(pybit.__file__).parent.glob("*.py"))
    return frozenset(path for text in texts for path in re.findall(r'"(/v5/[^"]+)"', text))


@cache
def calls_of_bybit() -> Mapping[str, frozenset[tuple[str, str]]]:
    """Return the verbs and paths of the requests of Bybit's client, by the part of its name after ``_v5_``."""
    found = {}
    for file in sorted(Path(pybit.__file__).parent.glob("_v5_*.py")):
        module = importlib.import_module(f"pybit.{file.stem}")
        names = _BYBIT_CALL.findall(file.read_text(encoding="utf-8"))
        paths = ((verb, getattr(getattr(module, kind), name).value) for verb, kind, name in names)
        found[file.stem.removeprefix("_v5_")] = frozenset(paths)
    return found
