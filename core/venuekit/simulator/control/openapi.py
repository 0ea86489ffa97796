"""The OpenAPI document of the control port, made from the table of commands."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from venuekit.simulator.commands import ControlCommand
from venuekit.simulator.fields import Field, FieldKind

_NUMBER = "Digits in plain notation; a text keeps every digit."
#: the JSON schema of each kind of field
_SCHEMAS: Mapping[FieldKind, Mapping[str, Any]] = {
    FieldKind.TEXT: {"type": "string", "minLength": 1},
    FieldKind.NAME: {"type": ["string", "integer"]},
    FieldKind.NUMBER: {"type": ["string", "number"], "examples": ["0.0001"], "description": _NUMBER},
    FieldKind.WHOLE: {"type": "integer"},
    FieldKind.SECONDS: {"type": ["string", "number"], "minimum": 0},
    FieldKind.FLAG: {"type": "boolean"},
    FieldKind.JSON: {},
    FieldKind.TEXTS: {"type": "object", "additionalProperties": {"type": "string"}},
}
#: statuses besides 200, with their meaning
_REFUSED = {
    "400": "The request is refused, and nothing changed.",
    "403": "The Host or Origin header is that of another site.",
}


def make_openapi(commands: Mapping[str, ControlCommand], url: str) -> dict[str, Any]:
    """Return the OpenAPI document of a control port at a URL."""
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string", "description": "One sentence: the cause, and the expected value."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control port of venuekit sim",
            "summary": "Scripts simulated venues from any language.",
            "description": "Amounts, prices and rates are texts in every answer. A refused command changes nothing.",
            "version": version("venuekit"),
        },
        "servers": [{"url": url}],
        "paths": {f"/{name}": {"post": _operation(command)} for name, command in commands.items()},
        "components": {
            "schemas": {"Error": error},
            "responses": {status: _response(text, "#/components/schemas/Error") for status, text in _REFUSED.items()},
        },
    }


def _operation(command: ControlCommand) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _schema(field) for field in command.fields},
        "additionalProperties": False,
    }
    if required := [field.name for field in command.fields if field.required]:
        schema["required"] = required
    return {
        "operationId": command.name,
        "summary": command.title,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {"description": command.answers, "content": {"application/json": {"schema": {}}}},
            **{status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSED},
        },
    }


def _schema(field: Field) -> dict[str, Any]:
    schema = dict(_SCHEMAS[field.kind])
    schema["description"] = " ".join(filter(None, (field.title, schema.get("description"))))
    if field.choices:
        schema["enum"] = list(field.choices)
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.maximum is not None:
        schema["maximum"] = field.maximum
    return schema


def _response(description: str, reference: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": reference}}}}
