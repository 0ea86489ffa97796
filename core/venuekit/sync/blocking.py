"""Blocking capabilities: for each capability a class with its methods, which return when they are done."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Generic, Self, TypeVar

from venuekit import capabilities
from venuekit._util.loop_thread import LoopThread
from venuekit.capabilities import Capability
from venuekit.errors import InvalidArgument
from venuekit.sync.account import Account

T = TypeVar("T")


class Pager(Generic[T], Iterator[T]):
    """
    An iterator over a history: oldest first, no duplicate and no gap, at most a page or window in memory.

    It can be stopped at any item and continued later by handing that item in as ``after`` of the method that made it.

    Attributes:
        cost_per_page: The cost of one page, in the venue's own weight.
    """

    __slots__ = ("_pager", "_thread", "cost_per_page")

    def __init__(self, pager: capabilities.Pager[T], thread: LoopThread) -> None:
        self._pager = pager
        self._thread = thread
        self.cost_per_page = pager.cost_per_page

    def __next__(self) -> T:
        try:
            return self._thread.run(self._pager.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Stop walking."""
        self._thread.run(self._pager.aclose)

    def all(self) -> tuple[T, ...]:
        """Walk to the end and return everything, which is quicker than one item after the other."""
        return self._thread.run(self._pager.all)


class BlockingCapability:
    """One promise of a blocking account: ``LeverageControl.of(account).set_leverage("BTCUSDT", 5)``."""

    __slots__ = ("_account", "_thread")

    #: the capability whose methods these are
    asynchronous: ClassVar[type[Capability]] = Capability

    def __init__(self, account: Capability, thread: LoopThread) -> None:
        self._account = account
        self._thread = thread

    @classmethod
    def of(cls, account: Account) -> Self:
        """
        Return the account as this capability.

        Raises:
            UnsupportedCapability: with the venue's reason.
            InvalidArgument: it is no account of :mod:`venuekit.sync`.
        """
        given: object = account
        if not isinstance(given, Account):
            name = f"venuekit.sync.capabilities.{cls.__name__}"
            words = f"it takes accounts of venuekit.sync; of others it is venuekit.capabilities.{cls.__name__}"
            raise InvalidArgument(words, operation=f"{name}.of")
        return cls(cls.asynchronous.of(account.asynchronous), account.thread)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._account!r}>"


def methods_to_block(capability: type[Capability]) -> dict[str, Callable[..., Any]]:
    """Return a capability's own methods; one whose result is a block is left out, as its loop is no caller's."""
    own = {name: one for name, one in vars(capability).items() if inspect.isfunction(one) and not name.startswith("_")}
    return {name: one for name, one in own.items() if not _is_block(one)}


def _is_block(method: Callable[..., Any]) -> bool:
    result = inspect.signature(method).return_annotation
    return AbstractAsyncContextManager.__name__ in str(result)


def make_classes(module: str) -> Mapping[str, type[BlockingCapability]]:
    """Return the blocking class of each capability that has methods for one, by name, as classes of ``module``."""
    made: dict[type[Capability], type[BlockingCapability]] = {Capability: BlockingCapability}
    for capability in _capabilities():
        _add_class(capability, made, module)
    del made[Capability]
    return {cls.__name__: cls for cls in sorted(made.values(), key=lambda cls: cls.__name__)}


def _capabilities() -> Iterator[type[Capability]]:
    for name in capabilities.__all__:
        value = getattr(capabilities, name)
        if inspect.isclass(value) and issubclass(value, Capability) and value is not Capability:
            yield value


def _add_class(
    capability: type[Capability], made: dict[type[Capability], type[BlockingCapability]], module: str
) -> None:
    methods = methods_to_block(capability)
    if capability in made or not methods:
        return
    for base in capability.__bases__:
        _add_class(base, made, module)
    made[capability] = type(
        capability.__name__,
        tuple(made[base] for base in capability.__bases__),
        {
            "__slots__": (),
            "__doc__": capability.__doc__,
            "__module__": module,
            "asynchronous": capability,
            **{name: _blocking(name, method) for name, method in methods.items()},
        },
    )


def _blocking(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: BlockingCapability, *args: Any, **kwargs: Any) -> Any:
        async def ask() -> Any:
            result = getattr(self._account, name)(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        result = self._thread.run(ask)
        return Pager(result, self._thread) if isinstance(result, capabilities.Pager) else result

    return call
