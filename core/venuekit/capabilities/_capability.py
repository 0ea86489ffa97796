"""The base of every capability: asking an account for it, and the answer to "can it?"."""

from __future__ import annotations

import enum
import functools
import inspect
import sys
from abc import ABC
from collections.abc import Callable
from decimal import localcontext
from typing import TYPE_CHECKING, Any, Self

import attrs

from venuekit._util.called import CALLED
from venuekit._util.decimals import DECIMALS
from venuekit.capabilities.argument_checks import make_check
from venuekit.errors import InvalidArgument, OperationError, UnsupportedCapability

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.account import Account
    from venuekit.endpoint import Priority


class SupportState(enum.StrEnum):
    """Whether something can be done."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"  #: the venue, environment or account cannot; there is a reason
    NOT_IMPLEMENTED = "not_implemented"  #: the venue may be able to; this plugin does not do it


@attrs.frozen
class Support:
    """
    Whether one account may use one capability.

    ``reason`` is None when it is supported; ``source`` says who decided: ``class``, ``venue``,
    ``environment`` or ``account``.
    """

    state: SupportState
    reason: str | None = None
    source: str = "class"

    def __bool__(self) -> bool:
        return self.state is SupportState.SUPPORTED


class Capability(ABC):  # noqa: B024 - the promises are its subclasses'
    """
    One promise an account can make.

    ``isinstance(account, LeverageControl)`` says that the venue's code can;
    ``LeverageControl.of(account)`` also asks environment and account, and narrows the type.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # every account has it, and of() returns an account

        def with_options(
            self,
            *,
            recv_window: int | None = None,
            deadline: float | None = None,
            max_wait: float | None = None,
            resend_until: datetime | None = None,
            expected: Any = ...,
            priority: Priority | None = None,
            check_orders: bool | None = None,
        ) -> Self:
            """Return a view with other transport settings, as :meth:`venuekit.Account.with_options`."""
            ...

    def __init_subclass__(cls) -> None:
        """Name each implemented promise while it runs: one endpoint may serve several methods."""
        super().__init_subclass__()
        promised = {name for base in cls.__mro__[1:] if issubclass(base, Capability) for name in vars(base)}
        for name, method in list(vars(cls).items()):
            is_call = inspect.iscoroutinefunction(method) or name.startswith("iter_")
            if name in promised and is_call and not _is_promise(method):
                setattr(cls, name, _names_operation(method, _check_of(cls, name, method)))

    @classmethod
    def of(cls, account: Account) -> Self:
        """
        Return the account as this capability.

        Raises:
            UnsupportedCapability: with the venue's reason.
            InvalidArgument: it is no open account, or one of :mod:`venuekit.sync`.
        """
        if not hasattr(account, "support") or hasattr(account, "asynchronous"):
            words = f"it takes an open account, not a value of type {type(account).__name__}"
            if hasattr(account, "asynchronous"):
                words = f"this account blocks: use venuekit.sync.capabilities.{cls.__name__}, or its `asynchronous`"
            raise InvalidArgument(words, operation=f"{cls.__name__}.of")
        support = account.support(cls)
        candidate: object = account
        if support and isinstance(candidate, cls):
            return candidate
        raise UnsupportedCapability(
            support.reason or "not implemented by this plugin", venue=account.venue.id, operation=cls.__name__
        )


def methods_of(capability: type[Capability]) -> frozenset[str]:
    """Return the names of the methods that a capability itself promises, without its bases' own."""
    return frozenset(name for name, method in vars(capability).items() if _is_promise(method))


def _is_promise(method: object) -> bool:
    return getattr(method, "__isabstractmethod__", False)


def capability_of(method: Callable[..., Any]) -> type[Capability]:
    """
    Return the capability that declares a method, given as ``LeverageControl.set_leverage``.

    Raises:
        TypeError: it is not the method of a capability.
    """
    owner: object = getattr(sys.modules[method.__module__], method.__qualname__.partition(".")[0], None)
    if isinstance(owner, type) and issubclass(owner, Capability):
        return owner
    raise TypeError(f"{method.__qualname__} is not the method of a capability")


#: methods whose result is an order, or several with errors in between, in the state that a write has left them in
_ORDER_WRITES = frozenset(
    {"place_order", "place_orders", "cancel_order", "cancel_orders", "amend_order", "amend_orders"}
)


def _check_of(cls: type[Capability], name: str, method: Callable[..., Any]) -> Callable[..., None] | None:
    """Return the check of a method's arguments, by the capability that promises it."""
    declared = (vars(base).get(name) for base in cls.__mro__[1:])
    promise = next((one for one in declared if inspect.isfunction(one) and _is_promise(one)), None)
    return None if promise is None else make_check(promise, method)


def _names_operation(method: Callable[..., Any], check: Callable[..., None] | None) -> Callable[..., Any]:
    """
    Return a method that checks its arguments, and adds its name to ``CALLED`` while it runs.

    The name is there for the tasks that it starts, too. It counts alike whatever decimal context its caller has set.

    A method that is no coroutine returns a pager, and its pages are read when it is over.
    """
    name = method.__name__
    if not inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            token = CALLED.set((*CALLED.get(), name))
            try:
                if check is not None:
                    check(args, kwargs)
                return method(*args, **kwargs)
            except InvalidArgument as error:
                error.venue, error.operation = error.venue or args[0].venue.id, error.operation or name
                raise
            finally:
                CALLED.reset(token)

        return call

    writes_orders = name in _ORDER_WRITES

    @functools.wraps(method)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = CALLED.set((*CALLED.get(), name))
        try:
            if check is not None:
                check(args, kwargs)
            with localcontext(DECIMALS):
                value = await method(*args, **kwargs)
        except OperationError as error:
            if not error.venue:  # raised by a reader of answers, which knows the field and not the venue
                error.venue, error.operation = args[0].venue.id, error.operation or name
            raise
        finally:
            CALLED.reset(token)
        if writes_orders:
            args[0].write_scopes.note_answer(value)
        return value

    return wrapper
