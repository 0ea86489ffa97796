"""Positions: one of each contract, with its settings, and the margin that is moved by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import venuekit.capabilities as cap
import venuekit.parts.settings as parts
import venuekit.plugin as vk
from venuekit.parts.checks import check_amount, check_one_way
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.values import values_of
from venuekit_bitmex.markets import INSTRUMENTS, LISTING, SYMBOL, private, write
from venuekit_bitmex.rows import PLACES, POSITION, POSITIONS

#: BitMEX filters tables by a JSON text; the values within are named beside it, since answers repeat them
FILTER = vk.Parameter("filter")
ISOLATED = frozenset({cap.MarginType.ISOLATED})


def filter_by(**fields: Any) -> str:
    """Return the text that asks for rows with these values."""
    return json.dumps(fields, separators=(",", ":"))


LIST = private(
    "/position",
    POSITIONS,
    FILTER,
    vk.Parameter("symbol", role=vk.Role.SYMBOL, local=True),
    rows=((),),
    echoes=vk.Echoes.each({"symbol": "symbol"}),
    serves=(
        cap.PositionReader.get_positions,
        cap.PositionReader.get_position,
        cap.LeverageReader.get_leverage,
        cap.MarginTypeReader.get_margin_type,
        cap.SettingsReader.get_settings,
    ),
)


async def _find(call: vk.Call, symbol: str) -> cap.Position:
    """Return the position of a symbol, flat or not; BitMEX has a row of each that was ever traded or set."""
    found = (await call(LIST, filter=filter_by(symbol=symbol), symbol=symbol)).values()
    if not found:
        words = "the venue shows no such position: it is not listed, or was neither traded nor set before"
        raise vk.InvalidRequest(words, subject=symbol, outcome=vk.Outcome.NOT_APPLIED)
    return found[0]


# -- settings


def _state(position: cap.Position) -> parts.RowSettings:
    """Return the settings that a position shows; a cross one has no leverage of its own."""
    held, quantity = position.margin_type, abs(position.quantity)
    return parts.RowSettings(position.symbol, held, position.leverage, position=quantity, matters=True)


def _read_spelled(parameters: Mapping[str, Any]) -> cap.JointSetting:
    leverage = parameters["leverage"] or None
    return cap.JointSetting(cap.MarginType.ISOLATED if leverage else cap.MarginType.CROSS, leverage)


LENS = parts.JointLens(
    find_row=_find,
    state=_state,
    answered=_state,
    leverage=("wanted",),
    margin_type="kind",
    spell=lambda wanted: {"leverage": wanted.leverage or Decimal(0)},  # 0 asks for cross margin
    spelled=("leverage",),
    read_spelled=_read_spelled,
    leverage_under=ISOLATED,
    leverage_may_be_missing=True,
)
_LEAST, _MOST = Decimal("0.01"), Decimal(100)
SET_LEVERAGE = write(
    "POST /position/leverage",
    vk.Changing(POSITION.read_one),
    SYMBOL,
    vk.Parameter("leverage", vk.Kind.NUMBER, required=True, minimum=Decimal(0), maximum=_MOST),
    vk.Parameter("kind", local=True, choices=frozenset({"cross", "isolated"})),
    vk.Parameter("wanted", vk.Kind.DECIMAL, local=True, role=vk.Role.LEVERAGE, minimum=_LEAST, maximum=_MOST),
    echoes=vk.Echoes({"symbol": "symbol", "wanted": "leverage"}),
    **LENS.write,
)


class SettingsBook(EndpointBook):
    """Where the controls of settings find what they need."""

    SYMBOL_LENS: parts.SymbolLens[cap.Position] = LENS
    SET_LEVERAGE = SET_LEVERAGE
    SET_MARGIN_TYPE = SET_LEVERAGE


BOOK = SettingsBook()
LEVERAGE = cap.LeverageBehaviour(minimum=_LEAST, maximum=_MOST, step=_LEAST, moves_margin=True, margin_types=ISOLATED)


class BitmexSettings(parts.SettingsSource):
    """The settings of all contracts are in one read; the leverage that a risk limit allows is BitMEX's to tell."""

    async def read_settings(self, draft: parts.SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every contract that has one; others must be listed, and are as BitMEX sets them up."""
        positions = (await draft.read(LIST)).values()
        for symbol in set(symbols) - {one.symbol for one in positions}:
            await LISTING.find(draft.account, symbol)
        draft.add(map(_state, positions), symbols)
        draft.set(open_positions=sum(one.quantity != 0 for one in positions))

    async def count_orders(self, draft: parts.SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders of every contract."""
        from venuekit_bitmex.orders import read_open_orders  # orders refer to positions

        return Counter(order.symbol for order in await read_open_orders(draft.account))


# -- margin


async def _margin_before(call: vk.Call, parameters: Mapping[str, Any]) -> Decimal | None:
    return (await _find(call, parameters["symbol"])).isolated_wallet


async def _find_moved(call: vk.Call, lost: vk.Lost) -> vk.Resolution[cap.Position]:
    """Compare: BitMEX keeps no list of such moves, and fees or funding can move the same margin."""
    position = await _find(call, lost.parameters["symbol"])
    before, now = lost.before, position.isolated_wallet
    if before is None or now is None:
        return vk.Unclear(f"the position is not isolated: its margin was {before} and is {now}")
    if now == before:
        return vk.Absent(f"the margin is {now} as before")
    contract = next(one for one in await call(INSTRUMENTS) if one.symbol == position.symbol)
    if (now - before).scaleb(PLACES[contract.settle]) == lost.parameters["amount"] and not lost.others:
        return vk.Applied(position)
    return vk.Unclear(f"the margin was {before} and is {now}, which other writes may explain")


TRANSFER = write(
    "POST /position/transferMargin",
    POSITION.read_one,
    SYMBOL,
    vk.Parameter("amount", vk.Kind.NUMBER, required=True, role=vk.Role.AMOUNT),
    echoes=vk.Echoes({"symbol": "symbol"}),
    effect=vk.Effect.DELTA,
    write_scope=vk.WriteScope.SYMBOL,
    before=_margin_before,
    resolve=_find_moved,
    absence_proof=vk.AbsenceProof(after=timedelta(seconds=2)),
    serves=(cap.PositionMarginControl.add_margin, cap.PositionMarginControl.reduce_margin),
)


class BitmexPositions(vk.Account, cap.PositionReader, cap.PositionMarginControl):
    """The positions of the account, and the margin of isolated ones."""

    __slots__ = ()

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[cap.Position, ...]:
        """Return the open positions, or with ``include_flat=True`` every one that BitMEX lists."""
        if pair is not None or margin_asset is not None:
            raise self.refuse("positions can be filtered by symbol only", subject=symbol)
        named = {}
        if symbol is not None:
            await LISTING.find(self, symbol)
            named = {"filter": filter_by(symbol=symbol), "symbol": symbol}
        contracts, answer = await LISTING.by_symbol(self), await self.answer_rows(LIST, **named)
        rows = answer.value if include_flat else answer.value.without_flat()
        return values_of(self, LIST, answer, rows, joined=contracts)

    async def get_position(self, symbol: str, *, side: cap.PositionSide | None = None) -> cap.Position:
        """Return the position of a contract, also a flat one; of one that was never traded no setting is known."""
        check_one_way(self, symbol, side)
        contract, both = await LISTING.find(self, symbol), cap.PositionSide.BOTH
        found = await self.get_positions(symbol=symbol, include_flat=True)
        size, unit = contract.contract_size, contract.contract_unit
        return found[0] if found else cap.Position(symbol, both, Decimal(0), size, unit, settle=contract.settle)

    async def add_margin(
        self, symbol: str, amount: Decimal, *, side: cap.PositionSide | None = None
    ) -> cap.MarginChange:
        """Move margin from the account to a position; ``amount`` in the settle asset."""
        return await self._move(symbol, amount, side, 1)

    async def reduce_margin(
        self, symbol: str, amount: Decimal, *, side: cap.PositionSide | None = None
    ) -> cap.MarginChange:
        """Move margin from a position back to the account."""
        return await self._move(symbol, amount, side, -1)

    async def _move(self, symbol: str, amount: Decimal, side: cap.PositionSide | None, sign: int) -> cap.MarginChange:
        check_one_way(self, symbol, side)
        settle = (await LISTING.find(self, symbol)).settle
        moved = sign * check_amount(self, symbol, amount, decimals=PLACES[settle])

        def change(position: cap.Position) -> cap.MarginChange:
            return cap.MarginChange(symbol, cap.PositionSide.BOTH, settle, moved, position.updated_at)

        return await self.call_as(change, TRANSFER, symbol=symbol, amount=int(moved.scaleb(PLACES[settle])))
