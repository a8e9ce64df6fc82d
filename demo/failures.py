"""What goes wrong: exceptions with the stack traces Python would print."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from demo import code
from demo.platform import RELEASES
from demo.shapes import Function

DEEPEST: Final = 6
"""Frames of our own in a stack trace."""

PACKAGES: Final = "/usr/local/lib/python3.12/site-packages"


@dataclass(frozen=True)
class Failure:
    """An exception as an event carries it."""

    kind: str
    message: str
    stacktrace: str


@dataclass(frozen=True)
class Fault:
    """A way to fail: the exception, the line that was running and the library below it."""

    kind: str
    message: str
    code: str
    library: tuple[str, int, str, str] | None = None


_HTTPX: Final = (
    f"{PACKAGES}/httpx/_transports/default.py",
    118,
    "map_httpcore_exceptions",
    "raise mapped_exc(message) from exc",
)
_PSYCOPG: Final = (
    f"{PACKAGES}/psycopg/cursor.py",
    97,
    "execute",
    "raise ex.with_traceback(None)",
)

_SDKS: Final = {
    "openai": ("openai.RateLimitError", "openai.InternalServerError", "openai/_base_client.py"),
    "anthropic": (
        "anthropic.RateLimitError",
        "anthropic.OverloadedError",
        "anthropic/_base_client.py",
    ),
    "groq": ("groq.RateLimitError", "groq.InternalServerError", "groq/_base_client.py"),
    "gcp.gemini": (
        "google.genai.errors.ClientError",
        "google.genai.errors.ServerError",
        "google/genai/_api_client.py",
    ),
    "mistral_ai": ("mistralai.models.SDKError", "mistralai.models.SDKError", "mistralai/chat.py"),
}
"""Provider → what its library raises when it is called too often, when it is down, and where."""

_POST: Final = "answer = session.post(url, json=arguments.model_dump())"

TOOL: Final = (
    Fault(
        "TimeoutError",
        "tool did not answer within 30 s",
        _POST,
        ("/usr/local/lib/python3.12/socket.py", 720, "readinto", "return self._sock.recv_into(b)"),
    ),
    Fault(
        "pydantic_core.ValidationError",
        "1 validation error for Arguments\nquantity\n  Input should be a valid integer",
        "arguments = Query.model_validate_json(call.arguments)",
        (
            f"{PACKAGES}/pydantic/main.py",
            746,
            "model_validate_json",
            "return cls.__pydantic_validator__.validate_json(json_data)",
        ),
    ),
    Fault(
        "ConnectionResetError",
        "[Errno 104] Connection reset by peer",
        _POST,
        (
            "/usr/local/lib/python3.12/http/client.py",
            300,
            "_read_status",
            "line = str(self.fp.readline())",
        ),
    ),
    Fault(
        "PermissionError",
        "policy 'spend-limit' denied the call",
        "call.policy.check(call.agent, call.tool, arguments)",
    ),
)
RETRIEVAL: Final = (
    Fault(
        "qdrant_client.http.exceptions.ResponseHandlingException",
        "timed out",
        "hits = self._index.search(vector, limit=top_k)",
        _HTTPX,
    ),
)
REGRESSION: Final = (
    Fault(
        "KeyError",
        "'rerank_score'",
        'hits.sort(key=lambda hit: hit.payload["rerank_score"], reverse=True)',
        (
            "/srv/aeos/uce/retrieval.py",
            code.line_with("aeos/uce/retrieval.py", len(RELEASES) - 1, "key=lambda"),
            "<lambda>",
            'hits.sort(key=lambda hit: hit.payload["rerank_score"], reverse=True)',
        ),
    ),
)
SENSOR: Final = (
    Fault(
        "aeos.damn.sensors.SensorTimeout",
        "no reading within 2.0 s",
        "reading = self._port.read(timeout=self._timeout)",
    ),
    Fault(
        "ValueError",
        "could not convert string to float: '--.-'",
        "return float(self._port.readline())",
    ),
)
STORE: Final = (
    Fault(
        "psycopg.OperationalError",
        "server closed the connection unexpectedly",
        "rows = cursor.execute(statement, parameters).fetchall()",
        _PSYCOPG,
    ),
    Fault(
        "psycopg.errors.SerializationFailure",
        "could not serialize access due to concurrent update",
        "rows = cursor.execute(statement, parameters).fetchall()",
        _PSYCOPG,
    ),
)
OWN: Final = (
    Fault(
        "ConnectionRefusedError",
        "[Errno 111] Connection refused",
        "link = socket.create_connection(address, timeout=3)",
        ("/usr/local/lib/python3.12/socket.py", 852, "create_connection", "raise exceptions[0]"),
    ),
    Fault(
        "RuntimeError",
        "model weights are older than the feature schema (v41 < v42)",
        "check_schema(weights, features)",
    ),
)
STEP_FAILED: Final = (
    Fault(
        "aeos.mosaic.runs.StepFailed",
        "gave up after 3 attempts",
        "result = await agent.invoke(step, context)",
    ),
)
SERVER_ERROR: Final = (
    Fault(
        "aeos.gateway.http.InternalServerError",
        "the store did not answer",
        "return await route.handler(request)",
    ),
)


@cache
def of_model(provider: str) -> tuple[Fault, ...]:
    """How a call of a model of `provider` fails."""
    limited, down, file = _SDKS[provider]
    call = "reply = await self._client.chat(model, messages, timeout=self._timeout)"
    raised = (f"{PACKAGES}/{file}", 1047, "request", "raise self._error_of(response) from None")
    return (
        Fault(
            limited, "Error code: 429 - Rate limit reached for requests per minute", call, raised
        ),
        Fault("httpx.ReadTimeout", "The read operation timed out", call, _HTTPX),
        Fault(
            down, "Error code: 503 - The model is overloaded. Please try again later", call, raised
        ),
        Fault(
            "aeos.uce.models.ContextTooLong",
            "prompt has 131904 tokens, the model takes 128000",
            "self._check_length(model, messages)",
        ),
    )


def pick(
    rng: Random, faults: tuple[Fault, ...], calls: tuple[Function, ...], release: int
) -> Failure:
    """One of `faults`, raised where `calls` led to; the first ones are the likelier."""
    return _raised(faults[int(len(faults) * rng.random() ** 2)], calls[-DEEPEST:], release)


@cache
def _raised(fault: Fault, calls: tuple[Function, ...], release: int) -> Failure:
    inner = [function.name for function in calls[1:]]
    frames = [
        _frame_in(caller, release, "", called)
        for caller, called in zip(calls[:-1], inner, strict=True)
    ]
    frames.append(_frame_in(calls[-1], release, fault.code))
    if fault.library:
        frames.append(_frame(*fault.library))
    trace = "\n".join(
        ["Traceback (most recent call last):", *frames, f"{fault.kind}: {fault.message}"]
    )
    return Failure(fault.kind, fault.message, trace)


def _frame_in(function: Function, release: int, running: str, called: str = "") -> str:
    """A frame in the code of the release that ran."""
    line, text = code.frame(function, release, running, called)
    return _frame(f"/srv/{function.file}", line, function.name, text)


def _frame(file: str, line: int, name: str, code: str) -> str:
    return f'  File "{file}", line {line}, in {name.rpartition(".")[2]}\n    {code}'
