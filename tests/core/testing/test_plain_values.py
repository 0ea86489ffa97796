"""Every place of a value that has another type than its annotation is found and named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    Balance,
    MarginType,
    PositionMode,
    PositionModeSetting,
    SettingsSnapshot,
    SymbolSettings,
)
from venuekit.testing.conformance.plain_values import check_plain

_NOW = datetime(2026, 1, 2, tzinfo=UTC)
_BALANCE = Balance("USD", wallet=Decimal("1.5"), is_collateral=True, updated_at=_NOW, raw={"wallet": 1.5})
_ACCOUNT = AccountInfo(fee_tier=2, margin_type=MarginType.CROSS, kind=AccountKind("brand-new"), balances=(_BALANCE,))


@pytest.mark.parametrize(
    ("value", "promised"),
    [
        pytest.param((_BALANCE,), tuple[Balance, ...], id="several"),
        pytest.param(_ACCOUNT, AccountInfo, id="nested"),
        pytest.param(_ACCOUNT, AccountInfo | None, id="one of two"),
        pytest.param(None, type(None), id="nothing"),
        pytest.param(SettingsSnapshot(PositionMode.HEDGE, exposures={"A": None}), SettingsSnapshot, id="mapping"),
    ],
)
def test_value_of_its_types_passes(value: Any, promised: Any) -> None:
    """A value whose fields have their types passes; the venue's own object may hold anything."""
    check_plain(value, promised)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"wallet": 1.5}, r"wallet is the float 1.5; it should be ", id="float"),
        pytest.param({"wallet": 1}, r"wallet is the int 1; it should be ", id="int for a Decimal"),
        pytest.param({"wallet": Decimal("NaN")}, r"wallet is the Decimal .*; a Decimal of a value is finite", id="NaN"),
        pytest.param({"updated_at": datetime(2026, 1, 2)}, r"updated_at is .*; a time is aware", id="naive"),  # noqa: DTZ001 - the point
        pytest.param(
            {"updated_at": _NOW.astimezone(timezone(timedelta(hours=1)))}, r"a time is aware and in UTC", id="not UTC"
        ),
        pytest.param({"asset": None}, r"asset is the NoneType None; it should be str", id="nothing"),
        pytest.param({"is_collateral": 1}, r"is_collateral is the int 1; it should be ", id="int for a bool"),
    ],
)
def test_field_of_another_type_is_named(changes: dict[str, Any], words: str) -> None:
    """The error names the field, at any depth, with the value that is in it."""
    account = attrs.evolve(_ACCOUNT, balances=(attrs.evolve(_BALANCE, **changes),))
    with pytest.raises(AssertionError, match=rf"^get_account\.balances.*{words}"):
        check_plain(account, AccountInfo, name="get_account")


@pytest.mark.parametrize(
    ("value", "promised", "words"),
    [
        pytest.param([_BALANCE], tuple[Balance, ...], r"it should be tuple", id="list"),
        pytest.param((_ACCOUNT,), tuple[Balance, ...], r"tuple\[0\] is .*; it should be Balance", id="other value"),
        pytest.param(attrs.evolve(_ACCOUNT, fee_tier=True), AccountInfo, r"fee_tier is the bool True", id="bool"),
        pytest.param(AccountInfo(kind="new"), AccountInfo, r"kind is the str", id="text"),  # type: ignore[arg-type]
        pytest.param(
            PositionModeSetting(PositionMode.HEDGE, shared_with=["a"]),  # type: ignore[arg-type]
            PositionModeSetting,
            r"shared_with is the list",
            id="list in a value",
        ),
        pytest.param(
            SettingsSnapshot(symbols=(SymbolSettings(MarginType.CROSS),)),
            SettingsSnapshot,
            r"symbols\[0\].symbol is the MarginType",
            id="member for a text",
        ),
    ],
)
def test_value_of_another_type_is_named(value: Any, promised: Any, words: str) -> None:
    """A list, another class, a number that is a flag and a text that is no member are found."""
    with pytest.raises(AssertionError, match=words):
        check_plain(value, promised)
