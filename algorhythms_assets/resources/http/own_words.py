"""A service's own error message, made fit to be shown: one short line without secrets."""

import base64
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

_LONGEST = 200
_DEEPEST = 5
# The more informative first: many also send "Bad Request".
_FIELDS = ("message", "error_description", "detail", "error", "errors", "title")
# Shorter values, such as flags, are not secrets, and redacting them would remove half of a text.
_SHORTEST_SECRET = 4


def own_words(body: bytes, content_type: str, secrets: Collection[str]) -> str | None:
    """Returns the message in the body of an error, JSON or plain text, with `secrets` redacted; or None."""
    try:
        text = _message(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace") if content_type.startswith("text/plain") else None
    # Twice, since either step may hide a secret from the other.
    text = _blotted(_line(_blotted(text or "", secrets)), secrets)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or None


def secrets_in(arguments: Mapping[str, Any]) -> set[str]:
    """Returns the secrets in a request's arguments: all of its headers and credentials."""
    values = [*arguments.get("headers", {}).values(), *arguments.get("auth", ())]
    if "auth" in arguments:
        values.append(base64.b64encode(":".join(arguments["auth"]).encode()).decode())
    # A service may repeat only the token of "Bearer …".
    return {secret for value in values for secret in (value, *value.split()) if len(secret) >= _SHORTEST_SECRET}


def _message(content: Any, depth: int = 0) -> str | None:
    if isinstance(content, str):
        return content
    if depth == _DEEPEST or not isinstance(content, dict | list):
        return None
    values = content[:1] if isinstance(content, list) else [content[name] for name in _FIELDS if name in content]
    return next((found for value in values if (found := _message(value, depth + 1))), None)


def _line(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


def _blotted(text: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return text
