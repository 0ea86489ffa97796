"""Checks of completeness: nothing that a venue documents, and a recorded answer shows, is passed over in silence."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from venuekit.faults import is_listed
from venuekit.message import HttpResponse
from venuekit.parts.columns import Column, nested
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.recorded_values import read_value
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.expected import find_surplus
from venuekit.testing.reading import find_declarations, find_unread, names_of_fields
from venuekit.testing.recorded import RecordedCase


class CompletenessChecks(Checks):
    """Recorded answers are written out as a whole: values, meanings, words and fields."""

    tier = Tier.PLATINUM
    needs_simulated = False

    def test_recorded_read_has_its_values(self) -> None:
        """A recorded answer to a read that serves a capability carries the values that it must become."""
        lacking = [case.name for case in self.inventory.read_cases if not case.expect]
        assert not lacking, f"{', '.join(lacking)}: no expect; write down the values that they become, from the docs"

    def test_recorded_refusal_has_its_fault(self) -> None:
        """A recorded refusal carries its meaning, unless it says that there is nothing to change."""
        cases = [case for case in self.inventory.recorded if not case.is_success and case.fault is None]
        lacking = [case.name for case in cases if not self._needs_no_change(case)]
        assert not lacking, f"{', '.join(lacking)}: no fault; write down the meaning"

    def _needs_no_change(self, case: RecordedCase) -> bool:
        endpoint = self.inventory.endpoint(case)
        return endpoint is not None and is_listed(endpoint.no_change, case.code, case.message or "")

    async def test_recorded_value_is_whole(self, expecting_case: RecordedCase) -> None:
        """Every field of a value that a recorded answer becomes is expected, and every word in it has its meaning."""
        case = expecting_case
        for name in case.expect:
            value = await read_value(self.inventory, case, name)
            surplus = [*find_surplus(value, case.expect[name], name)]
            assert not surplus, f"{case.name} expects nothing of {', '.join(surplus)}"
            unknown = [*_words_passed_on(value, name, case.body.decode())]
            assert not unknown, f"{case.name}: {', '.join(unknown)} is the venue's word: map it to a member"

    def test_table_of_words_has_members(self) -> None:
        """No word in a declared table is passed on as a member that its enumeration does not have."""
        wrong = [
            f"{endpoint}, {field}: {word}"
            for endpoint in self.inventory.venue.endpoints
            for rows in find_declarations(endpoint.decode)
            for field, source in rows.sources.items()
            for column in nested(source)
            for word, entry in ((column.table or {}) if isinstance(column, Column) else {}).items()
            if not _is_member(entry) and entry.value == word
        ]
        assert not wrong, f"{'; '.join(wrong)}: no member of its enumeration"

    def test_documented_field_is_read(self, read_case: RecordedCase) -> None:
        """A field of a recorded answer is read, or listed as unread: in its file, or in the declaration of its rows."""
        venue, case = self.inventory.venue, read_case
        endpoint = self.inventory.endpoint(case)
        assert endpoint is not None, f"{case.name}: no endpoint {case.endpoint_name} is declared"

        def read(body: bytes) -> Any:
            answer = HttpResponse(case.status, {}, body)
            given_at = None if venue.answered_at is None else venue.answered_at(answer)
            return venue.answers(answer), given_at, endpoint.decode(body)

        found = set(find_unread(case.body, read))
        listed = {name for rows in find_declarations(endpoint.decode) for name in rows.unread}
        forgotten = sorted(one for one in found - case.unread if one.rpartition(".")[2] not in listed)
        words = "is neither read nor listed: read it, or name it in unread"
        assert not forgotten, f"{case.name}: {', '.join(forgotten)} {words}"
        assert case.unread <= found, f"{case.name}: {', '.join(sorted(case.unread - found))} is read, or not there"


def _is_member(value: object) -> bool:
    """Say whether a value is no member of an enumeration, or one that was declared."""
    return not isinstance(value, enum.Enum) or value in list(type(value))


def _words_passed_on(value: Any, where: str, body: str) -> Iterator[str]:
    """Yield the fields whose member is no declared one, but a word of the answer."""
    if isinstance(value, enum.Enum):
        if not _is_member(value) and f'"{value.value}"' in body:
            yield f"{where}={value.value}"
    elif attrs.has(type(value)):
        for name in names_of_fields(value):
            yield from _words_passed_on(getattr(value, name), f"{where}.{name}", body)
    elif isinstance(value, tuple | list):
        for index, one in enumerate(value):
            yield from _words_passed_on(one, f"{where}[{index}]", body)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _words_passed_on(one, f"{where}.{name}", body)
