"""The seconds and symbols of a dead man's switch, checked by the venue's declaration before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from venuekit.account import Account
from venuekit.capabilities import CountdownScope, DeadManBehaviour


def check_seconds(account: Account, behaviour: DeadManBehaviour, seconds: object) -> None:
    """
    Check that ``seconds`` are a number within the bounds of a switch.

    Raises:
        InvalidArgument: they are not; nothing was sent.
    """
    shortest, longest = behaviour.shortest or 0.0, behaviour.longest or math.inf
    number = math.nan  # which is within no bounds
    if isinstance(seconds, int | float | Decimal) and not isinstance(seconds, bool):
        number = float(seconds)
    if 0 < number < math.inf and shortest <= number <= longest:
        return
    least = f"{shortest:g} s at least" if shortest else "more than 0 s"
    most = "" if math.isinf(longest) else f" and {longest:g} s at most"
    raise account.refuse(f"a dead man's switch takes {least}{most}, not {seconds!r}")


def check_symbols(account: Account, behaviour: DeadManBehaviour, symbols: Sequence[str]) -> tuple[str, ...]:
    """
    Return the symbols of a switch, each once; a text is one symbol.

    Raises:
        InvalidArgument: there are none where the scope is SYMBOL, or some where it is ACCOUNT; nothing was sent.
    """
    names = tuple(dict.fromkeys((symbols,) if isinstance(symbols, str) else symbols))
    if behaviour.scope is CountdownScope.SYMBOL and not names:
        raise account.refuse("a switch is of symbols here: name those whose orders it cancels, as symbols=(...)")
    if behaviour.scope is CountdownScope.ACCOUNT and names:
        raise account.refuse(f"the switch is the account's here: name no symbols, not {', '.join(names)}")
    return names
