"""What the receiver answers, in the encoding of the request: a result, or a google.rpc.Status."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from google.protobuf import json_format
from google.rpc import code_pb2, status_pb2

from telemetry.errors import Refused
from telemetry.otlp import JSON, PROTOBUF, Signal

RETRY_AFTER_SECONDS: Final = 5

CODES: Final = {
    400: code_pb2.INVALID_ARGUMENT,
    401: code_pb2.UNAUTHENTICATED,
    403: code_pb2.PERMISSION_DENIED,
    405: code_pb2.UNIMPLEMENTED,
    413: code_pb2.RESOURCE_EXHAUSTED,
    415: code_pb2.INVALID_ARGUMENT,
    503: code_pb2.UNAVAILABLE,
}
"""HTTP status → the code of google.rpc that says the same."""

HEADERS: Final = {
    401: {"WWW-Authenticate": 'Bearer realm="OTLP"'},
    405: {"Allow": "POST"},
    415: {"Accept": f"{PROTOBUF}, {JSON}", "Accept-Encoding": "gzip"},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}
"""HTTP status → what the sender has to know beside the sentence."""


def result(signal: Signal, content_type: str, rejected: int, notice: str) -> Response:
    """All is stored, or all but `rejected` items; `notice` is what the sender should know."""
    message: Any = signal.response()
    if rejected or notice:
        setattr(message.partial_success, signal.rejected_field, rejected)
        message.partial_success.error_message = notice
    return _response(message, content_type, 200)


def refusal(refused: Refused, content_type: str) -> Response:
    """Why nothing was stored."""
    message = status_pb2.Status(code=CODES[refused.status], message=str(refused))
    response = _response(message, content_type, refused.status)
    response.headers.update(HEADERS.get(refused.status, {}))
    return response


def _response(message: Any, content_type: str, status: int) -> Response:
    if content_type == PROTOBUF:
        return Response(message.SerializeToString(), status, content_type=PROTOBUF)
    return Response(json_format.MessageToJson(message, indent=None), status, content_type=JSON)
