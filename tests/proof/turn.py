"""A turn: how one write of the state machine is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Turn:
    """
    How a write is carried out.

    Attributes:
        fates: The fates of its attempts, by name; later attempts meet none.
        reads: The fates of the next reads of each kind.
        moment: After how many seconds it is cancelled, or after how many turns of the loop; None for not at all.
        options: Options of the call.
        dies: Whether the process ends at that moment: nothing of it runs any more, and another one opens the journal.
        resends: Whether the caller allows that it is sent again once it is proven not to have arrived.
        actor: What somebody else does, or happens to our clock, when its first attempt arrives, by name.
    """

    fates: Sequence[str] = ()
    reads: Sequence[str] = ()
    moment: float | int | None = None
    options: dict[str, Any] = attrs.field(factory=dict)
    dies: bool = False
    resends: bool = False
    actor: str | None = None
