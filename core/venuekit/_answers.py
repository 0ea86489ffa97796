"""What an answer of an operator's hook must be able to do: one that cannot would fail in the middle of an operation."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["misfit"]

#: methods that the answer to a hook must have; ``()`` means that the answer itself is called
_METHODS: Mapping[str, tuple[str, ...]] = {
    "venuekit_make_signer": ("sign",),
    "venuekit_make_budget": ("wait", "spend", "set_used", "close", "seconds_closed", "is_banned"),
    "venuekit_make_transport": ("send", "aclose"),
    "venuekit_observe": (),
}


def misfit(hook: str, answer: object) -> str | None:
    """Return why an answer of a hook cannot be used, None when it can or when there is none."""
    if answer is None:
        return None
    shown = type(answer).__name__  # never its repr: it may be a secret
    if hook == "venuekit_retry_policy":
        from venuekit.pipeline import RetryPolicy

        return None if isinstance(answer, RetryPolicy) else f"{hook} returned {shown}, which is no RetryPolicy"
    if hook == "venuekit_resolve_secret":
        from venuekit.credentials import Secret

        return None if isinstance(answer, Secret) else f"{hook} returned {shown}, which is no Secret"
    methods = _METHODS.get(hook)
    if methods is None:
        return None
    if not methods:
        return None if callable(answer) else f"{hook} returned {shown}, which cannot be called"
    lacking = [name for name in methods if not callable(getattr(answer, name, None))]
    return f"{hook} returned {shown}, which has no method {', '.join(lacking)}" if lacking else None
