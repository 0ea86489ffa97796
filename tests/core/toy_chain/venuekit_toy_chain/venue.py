"""The declaration: the whole venue, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    LeverageBehaviour,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeScope,
    OrderBehaviour,
    PositionBehaviour,
    PositionCloseControl,
    PositionModeControl,
    PositionModeReader,
    ServerTimeReader,
    TimeInForce,
)
from venuekit.plugin import (
    CredentialField,
    Environment,
    EnvironmentName,
    Fault,
    FaultRow,
    FaultTable,
    Limit,
    NonceRule,
    RequestExpiry,
    Venue,
)
from venuekit_toy_chain.account import ToyChainAccount
from venuekit_toy_chain.orders import CHAIN, TYPES
from venuekit_toy_chain.signing import ChainSigning, chain_answers
from venuekit_toy_chain.wallet import fault_of_address, fault_of_private_key, make_signer

if TYPE_CHECKING:
    from venuekit.simulator import SimulatedVenue


def _simulated() -> SimulatedVenue:
    from venuekit_toy_chain.simulated import SimulatedChain  # the simulator is imported only when it is asked for

    return SimulatedChain()


FAULTS = FaultTable(
    (
        FaultRow(Fault.AUTHENTICATION, "unknown_wallet"),
        FaultRow(Fault.AUTHENTICATION, "bad_signature"),
        FaultRow(Fault.NONCE, "nonce_used"),
        FaultRow(Fault.PERMISSION, "read_only"),
        FaultRow(Fault.THROTTLED, "too_many"),
        FaultRow(Fault.INVALID, "bad_parameter"),
        FaultRow(Fault.INVALID, "unknown_market"),
        FaultRow(Fault.NOT_FOUND, "unknown_action"),
        FaultRow(Fault.NOT_FOUND, "unknown_order"),
        FaultRow(Fault.REJECTED, "not_open"),
        FaultRow(Fault.REJECTED, "duplicate"),
        FaultRow(Fault.REJECTED, "refused"),
        FaultRow(Fault.OVERLOADED, "busy"),
        FaultRow(Fault.UNKNOWN_OUTCOME, "not_known"),
    )
)
_ONE_WAY = "positions are one-way on this venue; there is no mode to read or set"

TOY_CHAIN = Venue(
    id="toy_chain",
    title="Toy Chain",
    account=ToyChainAccount,
    environments=(
        Environment(
            name=EnvironmentName.LIVE, rest="https://api.chain.invalid", hosts=frozenset({"api.chain.invalid"})
        ),
    ),
    limits=(Limit("requests", amount=1200, refill=20),),
    signing=ChainSigning(),
    key_check=fault_of_address,
    secret_check=fault_of_private_key,
    make_signer=make_signer,
    credential_fields=(
        CredentialField(
            "vault",
            "a vault below the wallet is traded in by its name",
            secret=False,
            required=False,
            names_account=True,
        ),
    ),
    answers=chain_answers,
    faults=FAULTS,
    server_time=None,
    expiry=RequestExpiry.NONCE,
    nonce=NonceRule(1000, probe=CHAIN.PING),
    endpoints=tuple(CHAIN),
    behaviours=(
        LeverageBehaviour(minimum=Decimal(1), maximum=Decimal(50), step=Decimal(1)),
        MarginTypeBehaviour(MarginTypeScope.ORDER),
        PositionBehaviour(frozenset({"symbol"})),
        OrderBehaviour(
            types=frozenset(TYPES),
            times_in_force=frozenset({TimeInForce.GTC}),
            client_id_pattern="[a-z0-9-]{1,32}",
            place_batch=0,
            cancel_batch=0,
            amend_batch=0,
            decides_later=False,
            client_id_reuse="An id is taken once for all.",
            margin_types=frozenset({MarginType.CROSS, MarginType.ISOLATED}),
        ),
    ),
    unsupported={
        PositionModeReader: _ONE_WAY,
        PositionModeControl: _ONE_WAY,
        PositionCloseControl: "orders cannot be reduce-only here, so that a close may open the other side",
        ServerTimeReader: "the venue tells no time; requests are ordered by their nonces",
    },
    simulated=_simulated,
)
