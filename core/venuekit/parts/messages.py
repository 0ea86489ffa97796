"""Messages become values by declaration, as rows of an answer do; one function makes all values of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.parts._body_rows import check_shared_rows
from venuekit.parts.columns import text
from venuekit.parts.rows import Reads

if TYPE_CHECKING:
    from venuekit.parts._compiled_messages import CompiledMessage, QuickReader

__all__ = ["Message", "Messages"]


class Message:
    """
    A declaration of the values that a message becomes.

    Args:
        parts: The declarations of its rows, each with its own ``within``; several may read the same rows.
        heads: Declarations of single objects, whose fields are given to all declarations behind them.

    Raises:
        TypeError: declarations of the same rows contradict each other, a head is no single object, or a part is read
            only if a field says so that no head has.
    """

    def __init__(self, *parts: Reads[Any], heads: Sequence[Reads[Any]] = ()) -> None:
        check_shared_rows((*heads, *parts))
        self.parts = parts
        self.heads = heads
        of_heads = {field for head in heads for field in head.sources}
        for head in heads:
            if not head.is_single or head.may_be_absent or head.only_if is not None:
                raise TypeError(f"{head!r} are no head: it is a single object, and always there")
        for part in parts:
            if part.only_if is not None and part.only_if not in of_heads:
                raise TypeError(f"{part!r} are read only if {part.only_if}, which no head has")

    def __repr__(self) -> str:
        return f"<message of {', '.join(map(repr, self.parts))}>"

    def values(self, body: bytes, *, kept: Any = None, joined: Mapping[Any, Any] = {}, **given: Any) -> list[Any]:
        """
        Return the values of all parts, in their order.

        Args:
            body: The message.
            kept: It as plain JSON, from which ``raw`` of each value has its row; None where it is not kept.
            joined: As for :meth:`~venuekit.parts.rows.Rows.values`.
            given: The fields that are declared as given and that no head has, for all declarations.

        Raises:
            ValueError: the bytes are not JSON.
            PayloadMismatch: they are, but of another shape; the message names row and field.
        """
        if kept is None and (read := self._quick.read(body, joined.get, given)) is not None:
            return read[1]
        if kept is None and self._quick.learn(None, self.compiled, body):
            return self.values(body, joined=joined, **given)
        return self.compiled.values(body, kept, joined, given)

    @cached_property
    def compiled(self) -> CompiledMessage:
        """The message, compiled."""
        from venuekit.parts._compiled_messages import CompiledMessage  # a program without a stream pays nothing for it

        return CompiledMessage.of(self.heads, self.parts)

    @cached_property
    def _quick(self) -> QuickReader:
        from venuekit.parts._compiled_messages import QuickReader

        return QuickReader()


@attrs.frozen
class _Named:
    """The word of a message."""

    word: str | None = None


class Messages:
    """
    Messages that are known by the word of one field.

    Args:
        field: The JSON name of the field, at the top of a message.
        messages: The declaration of each, by its word.
    """

    def __init__(self, field: str, messages: Mapping[str, Message]) -> None:
        self.field = field
        self.messages = messages
        self._named = Reads(_Named, is_single=True, word=text(field, may_be_blank=True))

    def __repr__(self) -> str:
        return f"<messages by {self.field}: {', '.join(self.messages)}>"

    def values(
        self, body: bytes, *, kept: Any = None, joined: Mapping[Any, Any] = {}, **given: Any
    ) -> tuple[str | None, list[Any] | None]:
        """
        Return the word of a message, None without one, and its values as :meth:`Message.values` does.

        They are None of a message that is not declared.
        """
        if kept is None and (read := self._quick.read(body, joined.get, given)) is not None:
            return read
        word = self._named.read_one(body).word
        message = self.messages.get(word or "")
        if message is None:
            return word, None
        if kept is None and self._quick.learn(word, message.compiled, body):
            return self.values(body, joined=joined, **given)
        return word, message.compiled.values(body, kept, joined, given)

    @cached_property
    def _quick(self) -> QuickReader:
        from venuekit.parts._compiled_messages import QuickReader

        return QuickReader(self.field)
