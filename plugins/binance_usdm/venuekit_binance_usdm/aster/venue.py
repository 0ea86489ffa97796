"""The venue in both versions, that of wallets and that of API keys: everything they are, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from venuekit.capabilities import (
    AccountModeReader,
    Capability,
    HistoryBehaviour,
    OrderAmendControl,
    OrderTestControl,
    PositionBehaviour,
)
from venuekit.plugin import (
    CredentialField,
    CredentialsError,
    Environment,
    EnvironmentName,
    Limit,
    LimitScope,
    NonceRule,
    SignerFields,
    Venue,
)
from venuekit_binance_common.faults import OUTDATED_BY, read_answer
from venuekit_binance_common.settings import setting_behaviours
from venuekit_binance_common.venue import ORDERS, ORDERS_1M, REQUEST_WEIGHT, WEIGHT, QuerySigning
from venuekit_binance_usdm.aster.account import AsterUsdmAccount, AsterV1Account
from venuekit_binance_usdm.aster.endpoints import ASTER, ASTER_V1
from venuekit_binance_usdm.aster.stream import STREAM, V1_STREAM
from venuekit_binance_usdm.aster.terms import (
    FAULTS,
    NO_ACCOUNT_MODE,
    NO_AMENDMENT,
    NO_ORDER_TEST,
    NONCE_WINDOW,
    ORDER_BEHAVIOUR,
    SWITCH_BEHAVIOUR,
    V1_FAULTS,
    V1_NO_AMENDMENT,
)
from venuekit_binance_usdm.aster.wallet import (
    CHAIN_ID,
    DOMAIN,
    SIGNER,
    TypedText,
    WalletSigner,
    WalletSigning,
    find_address_fault,
    find_private_key_fault,
    require_extra,
)
from venuekit_binance_usdm.venue import BLOCKERS, COUPLINGS

if TYPE_CHECKING:
    from venuekit.simulator.simulated_venue import SimulatedVenue

LIMITS = (
    Limit(WEIGHT, amount=2400, seconds=60, used_header="X-MBX-USED-WEIGHT-1M", rate_limit=REQUEST_WEIGHT),
    Limit(
        ORDERS_1M,
        amount=1200,
        seconds=60,
        scope=LimitScope.ACCOUNT,
        used_header="X-MBX-ORDER-COUNT-1M",
        rate_limit=ORDERS,
    ),
)


#: the pools of the address are those of both versions
REALM = "aster"
_ENVIRONMENTS = (
    Environment(
        name=EnvironmentName.LIVE,
        rest="https://fapi.asterdex.com",
        stream="wss://fstream.asterdex.com",
        hosts=frozenset({"fapi.asterdex.com", "fstream.asterdex.com"}),
    ),
)
_BEHAVIOURS = (
    *setting_behaviours(),
    PositionBehaviour(filters=frozenset({"symbol"})),
    ORDER_BEHAVIOUR,
    SWITCH_BEHAVIOUR,
    HistoryBehaviour(income="the last three months"),
)
_SIGNER_FIELD = CredentialField(
    SIGNER,
    "the address of the API wallet (agent) that the user has approved; the secret is its private key",
    secret=False,
    check=find_address_fault,
)
_UNSUPPORTED: Mapping[type[Capability], str] = {
    AccountModeReader: NO_ACCOUNT_MODE,
    OrderTestControl: NO_ORDER_TEST,
}
_V1_KEY_LENGTH = 64


def _make_signer(fields: SignerFields) -> WalletSigner:
    """
    Return the signer of an account.

    Raises:
        ConfigurationError: the packages that sign are not installed.
        CredentialsError: the secret is the private key of another wallet than ``signer``.
    """
    require_extra("aster_usdm")
    signer = WalletSigner(fields.secret, TypedText(DOMAIN, CHAIN_ID))
    if signer.address != fields.fields[SIGNER].reveal():
        raise CredentialsError("aster_usdm: the secret is not the private key of the signer, but of another wallet")
    return signer


def _find_key_fault(text: str) -> str | None:
    fault = find_address_fault(text)
    if fault is not None and len(text) == _V1_KEY_LENGTH:
        return f"{fault}; an API key is one of aster_usdm_v1"
    return fault


def _make_simulated_venue() -> SimulatedVenue:
    require_extra("aster_usdm")
    from venuekit_binance_usdm.aster.simulated.wallets import SimulatedAsterV3

    return SimulatedAsterV3()


def _make_simulated_v1() -> SimulatedVenue:
    from venuekit_binance_usdm.aster.simulated.aster_venue import SimulatedAsterV1

    return SimulatedAsterV1()


VENUE = Venue(
    id="aster_usdm",
    title="Aster futures",
    account=AsterUsdmAccount,
    realm=REALM,
    environments=_ENVIRONMENTS,
    limits=LIMITS,
    signing=WalletSigning(),
    credential_fields=(_SIGNER_FIELD,),
    key_check=_find_key_fault,
    secret_check=find_private_key_fault,
    make_signer=_make_signer,
    answers=read_answer,
    faults=FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=ASTER.SERVER_TIME,
    endpoints=tuple(ASTER),
    recv_window=NONCE_WINDOW,
    recv_window_least=NONCE_WINDOW,
    recv_window_most=NONCE_WINDOW,
    nonce=NonceRule(1_000_000),
    behaviours=_BEHAVIOURS,
    couplings=COUPLINGS,
    blockers=BLOCKERS,
    unsupported={**_UNSUPPORTED, OrderAmendControl: NO_AMENDMENT},
    stream=STREAM,
    simulated=_make_simulated_venue,
)

VENUE_V1 = Venue(
    id="aster_usdm_v1",
    title="Aster futures by API keys (V1)",
    account=AsterV1Account,
    realm=REALM,
    environments=_ENVIRONMENTS,
    limits=LIMITS,
    signing=QuerySigning(),
    answers=read_answer,
    faults=V1_FAULTS,
    outdated_by=OUTDATED_BY,
    server_time=ASTER_V1.SERVER_TIME,
    endpoints=tuple(ASTER_V1),
    behaviours=_BEHAVIOURS,
    couplings=COUPLINGS,
    blockers=BLOCKERS,
    unsupported={**_UNSUPPORTED, OrderAmendControl: V1_NO_AMENDMENT},
    stream=V1_STREAM,
    simulated=_make_simulated_v1,
)
