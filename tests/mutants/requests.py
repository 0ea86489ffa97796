"""Mutants of requests and refusals: signing, effects, proofs, limits and recorded answers."""

from __future__ import annotations

from tests.mutants.harness import Mutant

_NO_NEED = "no_change=frozenset({Code.NOTHING_TO_CHANGE}),"

_FENCES = (
    Mutant(
        name="every request is valid for a minute",
        kind="fences",
        of="toy_swap",
        file="signing.py",
        old="str(stamp.timestamp + stamp.recv_window)",
        new="str(stamp.timestamp + 60_000)",
        caught_by="test_write_held_back_past_its_window_is_refused",
    ),
    Mutant(
        name="the window that is signed is a constant",
        kind="fences",
        of="toy_perp",
        file="signing.py",
        old="window={stamp.recv_window}",
        new="window=30000",
        caught_by="test_write_held_back_past_its_window_is_refused",
    ),
    Mutant(
        name="a nonce is taken for a window of time",
        kind="fences",
        of="toy_chain",
        file="venue.py",
        old="expiry=RequestExpiry.NONCE,",
        new="expiry=RequestExpiry.WINDOW,",
        caught_by="test_write_held_back_past_its_window_is_refused",
    ),
    Mutant(
        name="an expiry is declared to refuse the future",
        kind="fences",
        of="toy_swap",
        file="venue.py",
        old="expiry=RequestExpiry.EXPIRY,",
        new="expiry=RequestExpiry.WINDOW,",
        caught_by="test_clock_that_ran_away",
    ),
    Mutant(
        name="the time of a request is rounded, so that a second one has the old signature",
        kind="fences",
        of="toy_perp",
        file="signing.py",
        old="time={stamp.timestamp}",
        new="time={stamp.timestamp // 2000 * 2000}",
        caught_by="test_request_sent_again_is_signed_anew",
    ),
)

_PROOFS = (
    Mutant(
        name="one read proves that an order is absent",
        kind="proofs",
        of="toy_swap",
        file="orders.py",
        old="AbsenceProof(after=timedelta(seconds=2))",
        new="AbsenceProof(after=timedelta(seconds=2), reads=1)",
        caught_by="test_one_lagging_read_proves_nothing",
    ),
    Mutant(
        name="one read without delay proves that an order is absent",
        kind="proofs",
        of="toy_chain",
        file="orders.py",
        old="AbsenceProof(after=timedelta(seconds=1))",
        new="AbsenceProof(after=timedelta(0), reads=1)",
        caught_by="test_one_lagging_read_proves_nothing",
    ),
    Mutant(
        name="one read proves that no margin was added",
        kind="proofs",
        of="toy_perp",
        file="endpoints.py",
        old="AbsenceProof(after=timedelta(seconds=1))",
        new="AbsenceProof(after=timedelta(seconds=1), reads=1)",
        caught_by="test_one_lagging_read_proves_nothing",
    ),
)

_EFFECTS = (
    Mutant(
        name="a move of margin is declared as a read",
        kind="effects",
        of="toy_perp",
        file="endpoints.py",
        old="effect=Effect.DELTA,\n        write_scope=WriteScope.SYMBOL,",
        new="effect=Effect.READ,",
        caught_by="test_read_changes_nothing",
    ),
    Mutant(
        name="a move of margin is declared as a session",
        kind="effects",
        of="toy_perp",
        file="endpoints.py",
        old="effect=Effect.DELTA,\n        write_scope=WriteScope.SYMBOL,",
        new="effect=Effect.SESSION,",
        caught_by="test_session_moves_nothing",
    ),
    Mutant(
        name="a move of margin is declared as a setting",
        kind="effects",
        of="toy_perp",
        file="endpoints.py",
        old="""decode=payload_decoder(CollateralRow),
        echoes=Echoes({"contract": "contract", "amount": "amount"}),
        parameters=(_CONTRACT, Parameter("amount", Kind.DECIMAL, required=True, role=Role.AMOUNT)),
        pools=_POOLS,
        effect=Effect.DELTA,""",
        new="""decode=Changing(payload_decoder(CollateralRow)),
        echoes=Echoes({"contract": "contract", "amount": "amount"}),
        parameters=(_CONTRACT, Parameter("amount", Kind.DECIMAL, required=True, role=Role.AMOUNT)),
        pools=_POOLS,
        effect=Effect.SET,""",
        caught_by="test_repeated_setting_changes_nothing_more",
    ),
)

_LIMITS = (
    Mutant(
        name="the limit of an address is taken for a rejection",
        kind="limits",
        of="toy_perp",
        file="codes.py",
        old="FaultRow(Fault.THROTTLED, Code.TOO_MANY_REQUESTS)",
        new="FaultRow(Fault.REJECTED, Code.TOO_MANY_REQUESTS)",
        caught_by="test_simulated_limit_names_its_time",
    ),
    Mutant(
        name="an exhausted limit is taken for a wrong parameter",
        kind="limits",
        of="toy_swap",
        file="refusals.py",
        old='FaultRow(Fault.THROTTLED, prefix="Rate limit ")',
        new='FaultRow(Fault.INVALID, prefix="Rate limit ")',
        caught_by="test_recorded_fault",
    ),
    Mutant(
        name="seconds to wait are read as milliseconds",
        kind="limits",
        of="toy_perp",
        file="signing.py",
        old='retry_after=error.get("retryAfter")',
        new='retry_after=error.get("retryAfter", 0) / 1000',
        caught_by="test_simulated_limit_names_its_time",
    ),
    Mutant(
        name="a request pays into no limit",
        kind="limits",
        of="toy_swap",
        file="endpoints.py",
        old='pools={"requests": None},\n        effect=Effect.SESSION,\n        area',
        new="effect=Effect.SESSION,\n        area",
        caught_by="test_private_request_is_counted",
    ),
    Mutant(
        name="the balances pay into no limit",
        kind="limits",
        of="toy_swap",
        file="endpoints.py",
        old='pools={"requests": None},\n        serves=(BalanceReader',
        new="serves=(BalanceReader",
        caught_by="test_private_request_is_counted",
    ),
)

_HOSTS = (
    Mutant(
        name="the list of hosts lacks that of the requests",
        kind="hosts",
        of="toy_perp",
        file="venue.py",
        old='hosts=frozenset({"api.toy.invalid"})',
        new='hosts=frozenset({"toy.invalid"})',
        caught_by="test_signed_request_goes_to_an_allowed_host",
    ),
    Mutant(
        name="requests are sent to a host that is not listed",
        kind="hosts",
        of="toy_chain",
        file="venue.py",
        old='rest="https://api.chain.invalid"',
        new='rest="https://chain.invalid"',
        caught_by="test_signed_request_goes_to_an_allowed_host",
    ),
)

_REFUSALS = (
    Mutant(
        name="an unknown outcome is taken for a rejection",
        kind="refusals",
        of="toy_chain",
        file="venue.py",
        old='FaultRow(Fault.UNKNOWN_OUTCOME, "not_known")',
        new='FaultRow(Fault.REJECTED, "not_known")',
        caught_by="test_recorded_fault",
    ),
    Mutant(
        name="an order that is not there is taken for a rejection",
        kind="refusals",
        of="toy_swap",
        file="refusals.py",
        old="FaultRow(Fault.NOT_FOUND, prefix=NO_ORDER)",
        new="FaultRow(Fault.REJECTED, prefix=NO_ORDER)",
        caught_by="test_recorded_fault",
    ),
    Mutant(
        name="a wrong signature is taken for a wrong time",
        kind="refusals",
        of="toy_perp",
        file="codes.py",
        old="FaultRow(Fault.AUTHENTICATION, Code.BAD_SIGNATURE)",
        new="FaultRow(Fault.CLOCK, Code.BAD_SIGNATURE)",
        caught_by="test_recorded_fault",
    ),
    Mutant(
        name="a position that forbids a change is taken for no need of it",
        kind="refusals",
        of="toy_perp",
        file="endpoints.py",
        old=f"{_NO_NEED}\n        readback=_LENS.margin_type",
        new=f"{_NO_NEED[:-3]}, Code.OPEN_POSITION}}),\n        readback=_LENS.margin_type",
        caught_by="test_recorded_fault",
    ),
    Mutant(
        name="the page of a firewall is taken for a refusal of the venue",
        kind="refusals",
        of="toy_perp",
        file="signing.py",
        old='return Refusal(code=None, message="")',
        new='return Refusal(code=0, message="")',
        caught_by="test_page_is_not_the_venues_word",
    ),
)

_RECORDED = (
    Mutant(
        name="a wallet is read in a hundredth of its unit",
        kind="recorded values",
        of="toy_swap",
        file="rows.py",
        old='wallet=minor("wallet", PLACES)',
        new='wallet=minor("wallet", 6)',
        caught_by="test_recorded_value",
    ),
    Mutant(
        name="a fee is listed as funding",
        kind="recorded values",
        of="toy_swap",
        file="rows.py",
        old='"fee": IncomeKind.COMMISSION',
        new='"fee": IncomeKind.FUNDING',
        caught_by="test_recorded_value",
    ),
    Mutant(
        name="the size of an order is the filled part",
        kind="recorded values",
        of="toy_chain",
        file="orders.py",
        old="quantity=row.size",
        new="quantity=row.done",
        caught_by="test_recorded_value",
    ),
    Mutant(
        name="all money is available",
        kind="recorded values",
        of="toy_perp",
        file="reading.py",
        old="available=row.free",
        new="available=row.wallet",
        caught_by="test_recorded_value",
    ),
)

MUTANTS: tuple[Mutant, ...] = (
    *_FENCES,
    *_PROOFS,
    *_EFFECTS,
    *_LIMITS,
    *_HOSTS,
    *_REFUSALS,
    *_RECORDED,
)
