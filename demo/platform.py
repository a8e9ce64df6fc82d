"""What all demo organisations run: the services of the agent platform and their functions."""

from __future__ import annotations

from typing import Final

from demo.shapes import Function, Model, Service

ORCHESTRATOR: Final = Service("mosaic-orchestrator", "MOSAIC", "orchestration")
PLANNER: Final = Service("mosaic-planner", "MOSAIC", "planning")
ROUTER: Final = Service("uce-model-router", "UCE", "llm")
BRIDGE: Final = Service("uce-llm-bridge", "UCE", "llm")
TOOLS: Final = Service("uce-tool-runner", "UCE", "tools")
RETRIEVER: Final = Service("uce-retriever", "UCE", "retrieval")
COLLECTOR: Final = Service("damn-collector", "DAMN", "ingest")
PIPELINE: Final = Service("damn-pipeline", "DAMN", "etl")
GATEWAY: Final = Service("gateway", "SYSTEM", "gateway")
SCHEDULER: Final = Service("scheduler", "SYSTEM", "scheduling")
SERVICES: Final = (
    ORCHESTRATOR,
    PLANNER,
    ROUTER,
    BRIDGE,
    TOOLS,
    RETRIEVER,
    COLLECTOR,
    PIPELINE,
    GATEWAY,
    SCHEDULER,
)

RUN_TASK: Final = Function("aeos.mosaic.runs.TaskRun.execute", "aeos/mosaic/runs.py")
RUN_STEP: Final = Function("aeos.mosaic.runs.TaskRun.run_step", "aeos/mosaic/runs.py")
INVOKE: Final = Function("aeos.mosaic.agents.Agent.invoke", "aeos/mosaic/agents.py")
HAND_OFF: Final = Function("aeos.mosaic.handoff.hand_off", "aeos/mosaic/handoff.py")
FINISH: Final = Function("aeos.mosaic.runs.TaskRun.finish", "aeos/mosaic/runs.py")
PLAN: Final = Function("aeos.mosaic.planner.Planner.plan", "aeos/mosaic/planner.py")
REVISE: Final = Function("aeos.mosaic.planner.Planner.revise", "aeos/mosaic/planner.py")
CALL_MODEL: Final = Function("aeos.uce.models.ModelRouter.call", "aeos/uce/models.py")
CALL_BRIDGE: Final = Function("aeos.uce.bridge.invoke_chain", "aeos/uce/bridge.py")
LOOK_UP: Final = Function("aeos.uce.cache.AnswerCache.get", "aeos/uce/cache.py")
RUN_TOOL: Final = Function("aeos.uce.tools.ToolRunner.run", "aeos/uce/tools.py")
RETRIEVE: Final = Function("aeos.uce.retrieval.Retriever.retrieve", "aeos/uce/retrieval.py")
EMBED: Final = Function("aeos.uce.retrieval.Retriever.embed", "aeos/uce/retrieval.py")
SEARCH: Final = Function("aeos.uce.retrieval.Retriever.search", "aeos/uce/retrieval.py")
RERANK: Final = Function("aeos.uce.retrieval.Retriever.rerank", "aeos/uce/retrieval.py")
ACQUIRE: Final = Function("aeos.damn.collector.Collector.cycle", "aeos/damn/collector.py")
READ: Final = Function("aeos.damn.sensors.Sensor.read", "aeos/damn/sensors.py")
TRANSFORM: Final = Function("aeos.damn.pipeline.transform", "aeos/damn/pipeline.py")
LOAD: Final = Function("aeos.damn.pipeline.load", "aeos/damn/pipeline.py")
HANDLE: Final = Function("aeos.gateway.http.handle", "aeos/gateway/http.py")
AUTHORIZE: Final = Function("aeos.gateway.auth.authorize", "aeos/gateway/auth.py")
QUERY: Final = Function("aeos.gateway.store.fetch", "aeos/gateway/store.py")
TICK: Final = Function("aeos.system.scheduler.Scheduler.tick", "aeos/system/scheduler.py")
BEAT: Final = Function("aeos.system.heartbeat.beat", "aeos/system/heartbeat.py")

GPT: Final = Model("openai", "gpt-4.1", 2.0, 0.5, 8.0, 85)
GPT_MINI: Final = Model("openai", "gpt-4.1-mini", 0.4, 0.1, 1.6, 140)
CLAUDE: Final = Model("anthropic", "claude-sonnet-4-5", 3.0, 0.3, 15.0, 70)
HAIKU: Final = Model("anthropic", "claude-haiku-4-5", 1.0, 0.1, 5.0, 150)
GEMINI: Final = Model("gcp.gemini", "gemini-2.5-flash", 0.3, 0.075, 2.5, 190)
MISTRAL: Final = Model("mistral_ai", "mistral-medium-latest", 0.4, 0.4, 2.0, 90, True)
LLAMA: Final = Model("groq", "llama-3.3-70b-versatile", 0.59, 0.59, 0.79, 270, True)
EMBEDDER: Final = Model("openai", "text-embedding-3-small", 0.02, 0.02, 0.0, 0)

RELEASES: Final = (
    ("3.8.2", "9f1c4b7e2d60a85f3b1c7e94d2a6058b3f7e1c42", 8 * 24.0),
    ("3.9.0", "4be07d19c3f2a8865d1e90b7c4f3a2d18e6b5c07", 9.0),
    ("3.9.1", "d27a5f8310be6c94f1a7d3e02b58c6497ae1f03d", 0.0),
)
"""Version, revision, and until how many hours before the end it ran."""
