"""Rules: the symbols that patterns match, and which of several rules decides a setting of a symbol. Pure."""

from __future__ import annotations

import fnmatch
import functools
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import attrs

from venuekit.capabilities import Instrument, InstrumentStatus, Setting
from venuekit.settings.target import AccountTarget, SymbolRule, SymbolTarget

_WILDCARD = re.compile(r"[*?]")


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern rather than a name."""
    return _WILDCARD.search(text) is not None


def matches(text: str, name: str) -> bool:
    """Return whether a name or pattern matches a name; letters count as they are written."""
    return _matcher(text)(name) is not None


@functools.lru_cache(maxsize=1024)
def _matcher(text: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(fnmatch.translate(text.replace("[", "[[]"))).match


def choose(texts: Collection[str], symbols: Iterable[str]) -> tuple[str, ...]:
    """Return the names among ``texts``, and those of ``symbols`` that the patterns among them match, each once."""
    patterns = [text for text in texts if is_pattern(text)]
    found = (symbol for symbol in symbols if any(matches(text, symbol) for text in patterns))
    return tuple(dict.fromkeys((*(text for text in texts if not is_pattern(text)), *found)))


def trades(instrument: Instrument) -> bool:
    """Return whether a listed instrument trades, so that patterns match it."""
    return instrument.status == InstrumentStatus.TRADING


def expand(entry: AccountTarget, listed: Mapping[str, bool], held: Collection[str]) -> AccountTarget:
    """
    Return an entry with the settings of every symbol and without rules.

    Args:
        entry: The entry, with its rules.
        listed: Every symbol that the venue lists, and whether it trades.
        held: The symbols with a position.
    """
    if not entry.rules:
        return entry
    rows = dict(entry.symbols)
    for symbol in dict.fromkeys((*entry.symbols, *listed, *held)):
        row = _decide(_rank_rules(entry.rules, symbol, listed, held), entry.symbols.get(symbol))
        if row is not None:
            rows[symbol] = row
    return attrs.evolve(entry, symbols=rows, rules=())


def _rank_rules(
    rules: Iterable[SymbolRule], symbol: str, listed: Mapping[str, bool], held: Collection[str]
) -> list[SymbolRule]:
    """Return the rules that match a symbol, the most specific one first."""
    ranks = [(_rank(rule, symbol, listed, held), number, rule) for number, rule in enumerate(rules)]
    matching = [(rank, number, rule) for rank, number, rule in ranks if rank is not None]
    return [rule for *_, rule in sorted(matching, key=lambda one: one[:2], reverse=True)]


def _rank(
    rule: SymbolRule, symbol: str, listed: Mapping[str, bool], held: Collection[str]
) -> tuple[bool, float] | None:
    """Return how specific a rule is for a symbol: a group or not, and the letters it names; None for no match."""
    if any(matches(text, symbol) for text in rule.excluded) or (rule.held and symbol not in held):
        return None
    is_there = rule.held or listed.get(symbol, False)
    lengths = [
        len(_WILDCARD.sub("", text)) if is_pattern(text) else math.inf
        for text in rule.symbols
        if matches(text, symbol) and (is_there or (not is_pattern(text) and symbol in listed))
    ]
    return (rule.path[0] == "groups", max(lengths)) if lengths else None


def _decide(rules: Iterable[SymbolRule], own: SymbolTarget | None) -> SymbolTarget | None:
    """Return the settings of a symbol: its own, and those that it leaves out from the first rule that has them."""
    row = own
    for rule in rules:
        row = _complete(SymbolTarget() if row is None else row, rule)
    return row


def _complete(row: SymbolTarget, rule: SymbolRule) -> SymbolTarget:
    more = rule.settings
    if row.margin_type is None and more.margin_type is not None:
        decided = {**row.decided, Setting.MARGIN_TYPE: (*rule.path, "margin_type")}
        row = attrs.evolve(row, margin_type=more.margin_type, decided=decided)
    if row.leverage is None and not row.leverages and (more.leverage is not None or more.leverages):
        decided = {**row.decided, Setting.LEVERAGE: (*rule.path, "leverage")}
        row = attrs.evolve(row, leverage=more.leverage, leverages=more.leverages, decided=decided)
    return row


def find_unmatched(rule: SymbolRule, listed: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    """Yield the names and patterns of a rule that match no symbol of a venue, each with its key in the rule."""
    for key, texts in (("symbols", rule.symbols), ("except", rule.excluded)):
        for text in texts:
            if text != "*" and not any(matches(text, symbol) for symbol in listed):
                yield key, text


def only(entry: AccountTarget, patterns: Collection[str]) -> AccountTarget:
    """Return the settings of matching symbols alone, without those of the account; all of them without patterns."""
    if not patterns:
        return entry
    kept = {name: row for name, row in entry.symbols.items() if any(matches(text, name) for text in patterns)}
    return AccountTarget(venue=entry.venue, symbols=kept)
