"""Account: one account whose calls return when they are done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from venuekit import account as asynchronous_account
from venuekit.pipeline.options import UNSET

if TYPE_CHECKING:
    from venuekit._util.loop_thread import LoopThread
    from venuekit.capabilities import Support
    from venuekit.endpoint import Endpoint, Priority
    from venuekit.message import Answer
    from venuekit.pipeline.journal_lines import Unresolved
    from venuekit.sync.blocking import BlockingCapability
    from venuekit.venue import EnvironmentName, Venue

T = TypeVar("T")


class Account:
    """
    One account of one venue, without ``await``; any thread may use it, and several at once.

    Its capabilities are those of :mod:`venuekit.sync.capabilities`: ``PositionReader.of(account).get_positions()``.

    Attributes:
        asynchronous: The account itself, for :func:`venuekit.sync.run`.
        thread: The thread that carries it.
    """

    __slots__ = ("_on_close", "asynchronous", "thread")

    def __init__(self, account: asynchronous_account.Account, thread: LoopThread, on_close: Callable[[], None]) -> None:
        self.asynchronous = account
        self.thread = thread
        self._on_close = on_close

    @property
    def venue(self) -> Venue[Any]:
        """The venue this account belongs to."""
        return self.asynchronous.venue

    @property
    def environment(self) -> EnvironmentName:
        """Where the account lives."""
        return self.asynchronous.environment

    @property
    def identity(self) -> tuple[str, str, str]:
        """Realm, environment and name, as :attr:`venuekit.Account.identity`."""
        return self.asynchronous.identity

    def support(self, capability: type[BlockingCapability]) -> Support:
        """Say whether this account, here, may use a capability, and why not."""
        return self.asynchronous.support(capability.asynchronous)

    def call(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """
        Carry out one operation of the venue; ``parameters`` go by the venue's own names.

        Raises:
            InvalidArgument: a parameter that is undeclared, missing or out of its declared range; nothing was sent.
            OperationError: see :mod:`venuekit.errors`.
        """
        return self.thread.run(self.asynchronous.call, endpoint, **parameters)

    def answer(self, endpoint: Endpoint[T], /, **parameters: Any) -> Answer[T]:
        """Do as :meth:`call`, and also say when the answer was true; with ``keep_raw`` keep it as plain JSON too."""
        return self.thread.run(self.asynchronous.answer, endpoint, **parameters)

    def with_options(
        self,
        *,
        recv_window: int | None = None,
        deadline: float | None = None,
        max_wait: float | None = None,
        resend_until: datetime | None = None,
        expected: Any = UNSET,
        priority: Priority | None = None,
        check_orders: bool | None = None,
    ) -> Self:
        """Return a view of this account with other transport settings, as :meth:`venuekit.Account.with_options`."""
        view = self.asynchronous.with_options(
            recv_window=recv_window,
            deadline=deadline,
            max_wait=max_wait,
            resend_until=resend_until,
            expected=expected,
            priority=priority,
            check_orders=check_orders,
        )
        return type(self)(view, self.thread, self._on_close)

    def halt(self) -> None:
        """Let only reads, cancels and reducing orders pass from now on; there is no way back."""
        self.asynchronous.halt()

    @property
    def halted(self) -> bool:
        """Whether :meth:`halt` was called."""
        return self.asynchronous.halted

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """The writes whose outcome the journal does not know; empty without a journal."""

        async def read() -> tuple[Unresolved, ...]:
            return self.asynchronous.unresolved

        return self.thread.run(read)

    def resolve(self, entry: Unresolved) -> str:
        """
        Resolve one entry of :attr:`unresolved`, close it, and return its outcome in one sentence.

        Raises:
            OutcomeUnknown, Conflict: it stays open.
        """
        return self.thread.run(self.asynchronous.resolve, entry)

    def close(self) -> None:
        """Close the account with every view of it; a second time nothing happens."""
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<sync.Account of {self.asynchronous!r}>"
