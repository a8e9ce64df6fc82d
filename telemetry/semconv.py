"""Which attribute fills which column: OpenTelemetry's names first, older ones after.

The one idea: a column is filled by the first of its attributes that is present, looked up on the
span (log record, point) and then on its resource. Nothing is removed from the attribute maps.

Sources: OpenTelemetry semantic conventions 1.38 (`gen_ai.*`, `code.*`, `http.*`, `exception.*`,
`service.*`, `vcs.*`), OpenInference (`llm.*`, `session.id`, `user.id`), Langfuse for the kind of
operation, Langfuse and any-agent for the reported cost, and the platform's own `aeos.*`.
"""

from __future__ import annotations

from typing import Final

WATCHED_PREFIX: Final = "aeos.data."
"""`aeos.data.<name>` holds the current value of the watched variable `<name>`."""

EXCEPTION_EVENT: Final = "exception"
"""Name of the span event whose `exception.*` attributes fill the exception columns."""

SERVICE_NAME: Final = "service.name"
UNKNOWN_SERVICE: Final = "unknown_service"
"""What OpenTelemetry calls a service that gave no name."""

TRUNCATED: Final = "aeos.truncated"
"""Attribute the receiver adds: which values were cut, and how long they were."""

DROPPED: Final = "aeos.dropped_attributes"
"""Attribute the receiver adds to a data point whose attributes it left out: points have no field
for that count."""

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "service_name": (SERVICE_NAME,),
    "service_version": ("service.version",),
    "process_group": ("aeos.process_group", "process_group", "service.namespace"),
    "subsystem": ("aeos.subsystem",),
    "fleet": ("aeos.fleet",),
    "task_id": ("aeos.task.id",),
    "task_run_id": ("aeos.task.run_id",),
    "agent_id": ("gen_ai.agent.id", "agent.id"),
    "agent_name": ("gen_ai.agent.name", "agent.name", "graph.node.id"),
    "session_id": ("session.id", "gen_ai.conversation.id"),
    "user_id": ("user.id", "enduser.id"),
    "operation": (
        "gen_ai.operation.name",
        "openinference.span.kind",
        "langfuse.observation.type",
    ),
    "exception_type": ("exception.type",),
    "exception_message": ("exception.message",),
    "exception_stacktrace": ("exception.stacktrace",),
    "code_function": ("code.function.name", "code.function"),
    "code_file": ("code.file.path", "code.filepath"),
    "code_line": ("code.line.number", "code.lineno"),
    "code_revision": ("aeos.code.revision", "vcs.ref.head.revision"),
    "memory_delta_bytes": ("aeos.memory.delta_bytes",),
    "model": (
        "gen_ai.request.model",
        "gen_ai.response.model",
        "llm.model_name",
        "embedding.model_name",
    ),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ),
    "cached_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cached_input_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
    "cost_usd": ("aeos.cost_usd", "gen_ai.usage.cost", "llm.cost.total", "llm.cost_usd"),
    "ttft_ms": ("gen_ai.server.time_to_first_token",),
    "http_route": ("http.route",),
    "http_status": ("http.response.status_code", "http.status_code"),
    "dropped_attributes": (DROPPED,),
}
"""Column → the attributes that fill it, the preferred one first."""

RESOURCE_ONLY: Final = frozenset({"service_name", "service_version"})
"""Columns that describe the process: an attribute of one span cannot claim them."""

MODEL_CALLS: Final = (
    "chat",
    "text_completion",
    "generate_content",
    "embeddings",
    "call_llm",
    "LLM",
    "EMBEDDING",
    "GENERATION",
    "generation",
    "embedding",
)
"""Values of `operation` that are calls of a model. Agent spans repeat their children's tokens, so
sums of tokens and cost count these only."""
