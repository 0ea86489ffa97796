"""Disconnection protection (DCP) as the dead man's switch of the account."""

from __future__ import annotations

from typing import ClassVar

from venuekit.capabilities import CountdownScope, DeadManBehaviour, DeadManKind
from venuekit.parts.dead_man import DisconnectRoute, DisconnectSwitchPart
from venuekit_bybit_inverse.endpoints.protection import PRODUCT, ProtectionEndpoints, find_window

_NOT_GRANTED = (
    "the venue has not configured disconnection protection (DCP) for perpetuals and futures of this account; it does so"
    " for institutional clients alone: ask your account manager"
)

BEHAVIOUR = DeadManBehaviour(
    kind=DeadManKind.DISCONNECT,
    scope=CountdownScope.ACCOUNT,
    cancels="Active orders of all perpetuals and futures of the account; it is not known to cover conditional orders.",
    concerns=(
        "The window is the account's, over linear contracts too: another program with the topic dcp.future keeps orders"
        " alive, and its orders are cancelled with ours."
    ),
    shortest=3,
    longest=300,
    disarming=(
        "The venue documents no way to disarm it: the connection unsubscribes before it is closed, and that this is"
        " enough is not documented."
    ),
)


class BybitProtection(DisconnectSwitchPart):
    """The window of perpetuals and futures, and a private stream with the topic of them."""

    __slots__ = ()

    DISCONNECT: ClassVar = DisconnectRoute(
        window=ProtectionEndpoints.PROTECTION,
        read=find_window,
        set_window=ProtectionEndpoints.SET_PROTECTION,
        time="timeWindow",
        fixed={"product": PRODUCT},
        not_granted=_NOT_GRANTED,
    )
