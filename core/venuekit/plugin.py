"""
Plugin: every name of venuekit that a plugin author may import, by subject.

Besides this module a plugin imports :mod:`venuekit.capabilities` (values and capabilities of an account) and
:mod:`venuekit.parts` (ready-made parts of an account); its simulated venue and its tests import
:mod:`venuekit.simulator` and :mod:`venuekit.testing`. Every other module is core's own.

**Venue** (an exchange, declared): :class:`Venue`, :class:`Environment`, :class:`EnvironmentName`, :class:`Answers`,
:class:`Refusal`; rate limits :class:`Limit`, :class:`LimitScope`; signing :class:`SigningScheme`, :class:`Stamp`,
:class:`EncodedRequest`; credentials besides key and secret, and a venue's own signer :class:`CredentialField`,
:class:`SignerFields`; bounds of a request :class:`RequestExpiry`, :class:`NonceRule`; session tokens
:class:`SessionToken`, :class:`Token`; settings that depend on each other :class:`Coupling`, :class:`Blocker`,
:class:`BlockerScope`, :class:`BlockedBy`.

**Endpoints** (one operation of a venue, declared once): :class:`Endpoint`, :class:`Parameter`, :class:`Kind`,
:class:`Effect`, :class:`WriteScope`, :class:`Area`, :class:`Role`, :class:`Security`, :class:`Encoding`,
:class:`Priority`; values that an answer repeats :class:`Echoes`; orders in a request :class:`Ask`,
:class:`OrderName`, :class:`Resting`, :func:`read_items`.

**User streams** (how a session is opened and its messages become events): :class:`StreamDeclaration`,
:class:`ListenKeySession`, :class:`SignedSession`, :class:`DisconnectWatch`, :class:`Decoder`,
:class:`DecoderRenewal`, :class:`MessageArrival`, :class:`SessionReply`, :class:`ReplyKind`.

**WebSocket API** (requests as messages of one connection): :class:`SocketApi`, :class:`SocketForm`,
:class:`SocketCall`, :data:`SocketMessage`, :class:`SocketLogon`, :class:`SocketNotice`; the values of its parameters
:data:`CheckedValue`.

**Account** (the class whose parts call endpoints): :class:`Account`, :class:`Answer`, :class:`Change`.

**Writes of several settings** (completed by those that a caller does not name): :class:`Completion`,
:class:`Completed`; :class:`venuekit.parts.settings.JointLens` has one ready-made.

**Lost writes** (a write without an answer, resolved by reading): :class:`Readback`, :class:`Reading`,
:class:`Changing`, :class:`Resolve`, :class:`Resolution`, :class:`Applied`, :class:`Absent`, :class:`AbsenceProof`,
:class:`Unclear`, :class:`Lost`, :class:`Call`; rows that prove a write :class:`Trace`, :class:`OtherWrite`,
:func:`alike`, :func:`find_unexplained`, :func:`trace_of`; client ids :class:`MadeId`, :func:`make_client_id`.

**Payloads** (bytes of an answer to values): :func:`payload_decoder`, :class:`WireRow`, :func:`read_json`,
:func:`rows_at`, :class:`Unfit`; times :func:`from_milliseconds`, :func:`to_milliseconds`, :func:`read_iso`,
:func:`write_iso`; numbers :func:`intern_number`, :func:`is_multiple`, :func:`nonzero`.

**Histories** (long lists, page by page): :class:`Pager`.

**Faults** (the meaning of a refusal): :class:`Fault`, :class:`FaultRow`, :class:`FaultTable`, :func:`error_of`; answers
of another server than the venue :func:`read_foreign`, :func:`ban_end`; the errors themselves, with the
:class:`Outcome` that each states, are drawn in :mod:`venuekit.errors`.

**Hooks** (listed in :mod:`venuekit.hooks`): :data:`hookimpl`; secrets and signers :class:`Secret`,
:class:`Credentials`, :class:`Signer`, :class:`HmacSigner`, :class:`PrivateKeySigner`, :func:`make_signer`,
:class:`KeyKind`; transports :class:`Transport`,
:class:`HttpRequest`, :class:`HttpResponse`, :class:`AiohttpTransport`, :class:`Proxy`; policies and budgets
:class:`RetryPolicy`, :class:`Budget`, :class:`PoolName`, :class:`SlidingBudget`, :class:`BucketBudget`,
:func:`make_budget`; shared budgets :class:`BudgetStore`, :class:`Receipt`, :class:`PoolReport`, :class:`PoolState`,
:class:`WaitingRequest`; observers :class:`Observer`, :class:`Event`, :class:`EventKind`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy
from venuekit._util.times import from_milliseconds, read_iso, to_milliseconds, write_iso
from venuekit.account import Account
from venuekit.capabilities import Pager
from venuekit.credential_fields import CredentialField
from venuekit.credentials import (
    Credentials,
    HmacSigner,
    PrivateKeySigner,
    Secret,
    Signer,
    SignerFields,
    make_signer,
)
from venuekit.echoes import Echoes
from venuekit.encoding import Encoding
from venuekit.endpoint import Area, Change, Changing, Effect, Endpoint, Priority, Security, WriteScope
from venuekit.errors import (
    AccountClosed,
    AnswerLost,
    AuthenticationFailed,
    Banned,
    BudgetUnavailable,
    CertificateRejected,
    ClockSkew,
    ConfigurationError,
    Conflict,
    CredentialsError,
    Fenced,
    GuardRefused,
    InvalidArgument,
    InvalidRequest,
    NeverSent,
    NonceUsed,
    NotExecuted,
    NotFound,
    OddRow,
    OperationError,
    Outcome,
    OutcomeNotStated,
    OutcomeUnknown,
    Overloaded,
    PayloadMismatch,
    PermissionDenied,
    PluginError,
    Rejected,
    Throttled,
    TransportError,
    Unavailable,
    UnknownVenue,
    UnsupportedCapability,
    VenueError,
    VenuekitError,
)
from venuekit.faults import Fault, FaultRow, FaultTable, error_of
from venuekit.foreign import ban_end, read_foreign
from venuekit.hooks import hookimpl
from venuekit.key_kinds import KeyKind
from venuekit.message import Answer, HttpRequest, HttpResponse, Transport
from venuekit.order_scope import Ask, MadeId, OrderName, Resting, make_client_id, read_items
from venuekit.parameters import CheckedValue, Kind, Parameter, Role
from venuekit.payloads import (
    Unfit,
    WireRow,
    intern_number,
    is_multiple,
    nonzero,
    payload_decoder,
    read_json,
    rows_at,
)
from venuekit.pipeline.budget import Budget, PoolName
from venuekit.pipeline.budget_store import BudgetStore, PoolReport, PoolState, Receipt, WaitingRequest
from venuekit.pipeline.observe import Event, EventKind, Observer
from venuekit.pipeline.options import RetryPolicy
from venuekit.pipeline.pools import BucketBudget, SlidingBudget, make_budget
from venuekit.pipeline.proxy import Proxy
from venuekit.request_bounds import NonceRule, RequestExpiry
from venuekit.resolution import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Completed,
    Completion,
    Lost,
    OtherWrite,
    Readback,
    Reading,
    Resolution,
    Resolve,
    Trace,
    Unclear,
    alike,
    find_unexplained,
    trace_of,
)
from venuekit.session_token import SessionToken, Token
from venuekit.signing import EncodedRequest, SigningScheme, Stamp
from venuekit.socket_declaration import (
    SocketApi,
    SocketCall,
    SocketForm,
    SocketLogon,
    SocketMessage,
    SocketNotice,
)
from venuekit.stream_declaration import (
    Decoder,
    DecoderRenewal,
    DisconnectWatch,
    ListenKeySession,
    MessageArrival,
    ReplyKind,
    SessionReply,
    SignedSession,
    StreamDeclaration,
)
from venuekit.venue import (
    Answers,
    BlockedBy,
    Blocker,
    BlockerScope,
    Coupling,
    Environment,
    EnvironmentName,
    Limit,
    LimitScope,
    Refusal,
    Venue,
)

if TYPE_CHECKING:
    from venuekit.pipeline.transport import AiohttpTransport

if not TYPE_CHECKING:
    # the one name that loads an HTTP library, which nobody pays for who only reads declarations
    __getattr__, __dir__ = _lazy(__name__, {"transport": "AiohttpTransport"}, within="venuekit.pipeline")

__all__ = [
    "AbsenceProof",
    "Absent",
    "Account",
    "AccountClosed",
    "AiohttpTransport",
    "Answer",
    "AnswerLost",
    "Answers",
    "Applied",
    "Area",
    "Ask",
    "AuthenticationFailed",
    "Banned",
    "BlockedBy",
    "Blocker",
    "BlockerScope",
    "BucketBudget",
    "Budget",
    "BudgetStore",
    "BudgetUnavailable",
    "Call",
    "CertificateRejected",
    "Change",
    "Changing",
    "CheckedValue",
    "ClockSkew",
    "Completed",
    "Completion",
    "ConfigurationError",
    "Conflict",
    "Coupling",
    "CredentialField",
    "Credentials",
    "CredentialsError",
    "Decoder",
    "DecoderRenewal",
    "DisconnectWatch",
    "Echoes",
    "Effect",
    "EncodedRequest",
    "Encoding",
    "Endpoint",
    "Environment",
    "EnvironmentName",
    "Event",
    "EventKind",
    "Fault",
    "FaultRow",
    "FaultTable",
    "Fenced",
    "GuardRefused",
    "HmacSigner",
    "HttpRequest",
    "HttpResponse",
    "InvalidArgument",
    "InvalidRequest",
    "KeyKind",
    "Kind",
    "Limit",
    "LimitScope",
    "ListenKeySession",
    "Lost",
    "MadeId",
    "MessageArrival",
    "NeverSent",
    "NonceRule",
    "NonceUsed",
    "NotExecuted",
    "NotFound",
    "Observer",
    "OddRow",
    "OperationError",
    "OrderName",
    "OtherWrite",
    "Outcome",
    "OutcomeNotStated",
    "OutcomeUnknown",
    "Overloaded",
    "Pager",
    "Parameter",
    "PayloadMismatch",
    "PermissionDenied",
    "PluginError",
    "PoolName",
    "PoolReport",
    "PoolState",
    "Priority",
    "PrivateKeySigner",
    "Proxy",
    "Readback",
    "Reading",
    "Receipt",
    "Refusal",
    "Rejected",
    "ReplyKind",
    "RequestExpiry",
    "Resolution",
    "Resolve",
    "Resting",
    "RetryPolicy",
    "Role",
    "Secret",
    "Security",
    "SessionReply",
    "SessionToken",
    "SignedSession",
    "Signer",
    "SignerFields",
    "SigningScheme",
    "SlidingBudget",
    "SocketApi",
    "SocketCall",
    "SocketForm",
    "SocketLogon",
    "SocketMessage",
    "SocketNotice",
    "Stamp",
    "StreamDeclaration",
    "Throttled",
    "Token",
    "Trace",
    "Transport",
    "TransportError",
    "Unavailable",
    "Unclear",
    "Unfit",
    "UnknownVenue",
    "UnsupportedCapability",
    "Venue",
    "VenueError",
    "VenuekitError",
    "WaitingRequest",
    "WireRow",
    "WriteScope",
    "alike",
    "ban_end",
    "error_of",
    "find_unexplained",
    "from_milliseconds",
    "hookimpl",
    "intern_number",
    "is_multiple",
    "make_budget",
    "make_client_id",
    "make_signer",
    "nonzero",
    "payload_decoder",
    "read_foreign",
    "read_iso",
    "read_items",
    "read_json",
    "rows_at",
    "to_milliseconds",
    "trace_of",
    "write_iso",
]
