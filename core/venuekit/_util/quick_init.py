"""Frozen values that are made about as quickly as mutable ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import attrs

from venuekit._util.short_repr import short_repr

V = TypeVar("V", bound=attrs.AttrsInstance)

#: hooks of attrs' ``__init__`` that this one does not call
_MORE = ("__attrs_pre_init__", "__attrs_post_init__")


def quick_init(value: type[V]) -> type[V]:
    """
    Give an ``attrs.frozen`` class an ``__init__`` that costs a third of attrs' own, for values that come in numbers.

    attrs fills a frozen object by one call of ``object.__setattr__`` per field. Here the object is, while it is being
    made and not yet visible, an instance of a subclass that can be written to. Signature, defaults and
    everything else stay as attrs made them; subclasses are made by attrs' own ``__init__``.

    Its representation shows the fields that are set (:func:`short_repr`).

    Raises:
        TypeError: the class converts, validates or makes defaults, which this ``__init__`` does not.
    """
    fields = attrs.fields(value)
    unfinished, own = being_made(value), value.__init__
    namespace = {f"_{field.name}": field.default for field in fields}
    namespace |= {"Value": value, "Open": unfinished, "own": own, "become": object.__dict__["__class__"].__set__}
    exec(_source(fields), namespace)  # noqa: S102 - as attrs itself does; the names are those of the class's fields
    made: Any = namespace["__init__"]
    made.__annotations__, made.__qualname__, made.__module__ = own.__annotations__, own.__qualname__, value.__module__
    value.__init__ = made  # type: ignore[method-assign]
    return short_repr(value)


@cache
def being_made(value: type[V]) -> type[V]:
    """
    Return a subclass that can be written to; it has the same fields in the same places.

    Raises:
        TypeError: the class converts, validates or makes defaults.
    """
    for field in attrs.fields(value):
        is_plain = field.init and field.alias == field.name
        if field.converter or field.validator or isinstance(field.default, attrs.Factory) or not is_plain:  # type: ignore[arg-type]  # attrs types Factory as a function
            raise TypeError(f"{value.__name__}.{field.name} is more than a value that is kept as it is")
    if any(hasattr(value, name) for name in _MORE):
        raise TypeError(f"{value.__name__} does more than keep values when it is made")
    # both, or every assignment takes the long way round through Python
    body = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(f"{value.__name__}BeingMade", (value,), body)


def quick_copy(value: type[V], *changed: str) -> Callable[..., V]:
    """
    Return a function that takes a value and the ``changed`` fields, and returns a copy with these.

    It does what ``attrs.evolve`` does, at a tenth of the cost.

    Raises:
        TypeError: as :func:`being_made`.
    """
    names = [field.name for field in attrs.fields(value)]
    lines = [
        f"def copy(old, {', '.join(changed)}):",
        "    copied = new(Open)",
        *(f"    copied.{name} = {name if name in changed else f'old.{name}'}" for name in names),
        "    copied.__class__ = Value",
        "    return copied",
    ]
    namespace = {"Value": value, "Open": being_made(value), "new": object.__new__}
    exec("\n".join(lines), namespace)  # noqa: S102 - as above
    copy: Any = namespace["copy"]
    return copy  # type: ignore[no-any-return]


def quick_overlay(value: type[V], *always: str) -> Callable[[V, V], V]:
    """
    Return a function that takes two values, and returns the first one with each field that is not None in the second.

    The fields named in ``always`` are those of the second value also where they are None there.

    Raises:
        TypeError: as :func:`being_made`.
    """
    lines = ["def overlay(old, given):", "    laid = new(Open)"]
    for field in attrs.fields(value):
        name = field.name
        kept = "" if name in always else f" if given.{name} is not None else old.{name}"
        lines.append(f"    laid.{name} = given.{name}{kept}")
    lines += ["    laid.__class__ = Value", "    return laid"]
    namespace = {"Value": value, "Open": being_made(value), "new": object.__new__}
    exec("\n".join(lines), namespace)  # noqa: S102 - as above
    overlay: Any = namespace["overlay"]
    return overlay  # type: ignore[no-any-return]


def _source(fields: tuple[attrs.Attribute[Any], ...]) -> str:
    names = [field.name for field in fields]
    parameters = []
    for field in sorted(fields, key=lambda field: field.kw_only):
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        parameters.append(field.name if field.default is attrs.NOTHING else f"{field.name}=_{field.name}")
    return "\n".join(
        [
            f"def __init__(self, {', '.join(parameters)}):",
            "    if self.__class__ is not Value:",
            f"        return own(self, {', '.join(f'{name}={name}' for name in names)})",
            "    become(self, Open)",
            *(f"    self.{name} = {name}" for name in names),
            "    self.__class__ = Value",
        ]
    )
