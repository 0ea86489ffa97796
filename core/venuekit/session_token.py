"""Session tokens: texts that a venue hands out for a signed request, and that other requests carry in place of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from venuekit.credentials.secret import Secret
from venuekit.endpoint import Effect, Endpoint, Security

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@attrs.frozen
class Token:
    """
    One session token; its text is never shown.

    ``expires_at`` is on the venue's clock; None where the venue does not say, and a refusal is the first to show it.
    """

    text: Secret
    expires_at: datetime | None = None


@attrs.frozen(kw_only=True)
class SessionToken:
    """
    How the token of an account is had: requests to endpoints of ``Security.TOKEN`` carry it as ``Stamp.token``.

    It is fetched when it is first needed, once for all that need it, and anew ``renew_before`` its end; a token that
    lives no longer than twice that is renewed in the middle of its life. A refusal with ``Fault.TOKEN_EXPIRED`` fetches
    a new one and sends the refused request once more.

    Args:
        endpoint: Answers a :class:`Token`; its effect is SESSION, it carries a signature or the API key, and no
            parameter of it is required.
        renew_before: How long before its end.

    Raises:
        ValueError: an endpoint that does not fetch a token like this, with the mend.
    """

    endpoint: Endpoint[Token] = attrs.field(kw_only=False)
    renew_before: timedelta = timedelta(seconds=60)

    def __attrs_post_init__(self) -> None:
        endpoint = self.endpoint
        wrong: Mapping[str, Any] = {
            "give it effect=Effect.SESSION": endpoint.effect is not Effect.SESSION,
            "give it Security.SIGNED or KEY": endpoint.security in {Security.TOKEN, Security.NONE},
            "make its parameters optional": bool(endpoint.required),
            "let renew_before be no less than nothing": self.renew_before < timedelta(0),
        }
        mend = next((mend for mend, is_wrong in wrong.items() if is_wrong), None)
        if mend is not None:
            raise ValueError(f"{endpoint} cannot fetch a session token: {mend}")
