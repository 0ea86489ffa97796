"""Documented routes of both products that the simulator does not answer, by the reason why it does not."""

from __future__ import annotations

RouteName = tuple[str, str]


def of_root(verb: str, root: str, *names: str) -> frozenset[RouteName]:
    """Return routes of one verb below one root."""
    return frozenset((verb, f"{root}/{name}") for name in names)


#: what other traders hold and do: the market has no other traders
STATISTICS = of_root(
    "GET",
    "/futures/data",
    "basis",
    "globalLongShortAccountRatio",
    "openInterestHist",
    "topLongShortAccountRatio",
    "topLongShortPositionRatio",
)


def downloads(root: str) -> frozenset[RouteName]:
    """Return the routes of files of a history, which are made by another system within minutes: there is none."""
    kinds = ("income", "order", "trade")
    return of_root("GET", root, *(f"{kind}/asyn" for kind in kinds), *(f"{kind}/asyn/id" for kind in kinds))
