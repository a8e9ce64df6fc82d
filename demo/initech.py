"""Initech Support: a help desk whose first line is a handful of agents."""

from __future__ import annotations

from typing import Final

from demo import platform
from demo.shapes import Agent, Function, Org, Service, Stuck, Task, Tool, Variable

INITECH: Final = Org(
    slug="initech",
    name="Initech Support",
    plan="free",
    share=0.15,
    agents=(
        Agent("initech-triage-01", "Triage", "first-line"),
        Agent("initech-answer-01", "Answer Writer", "first-line"),
        Agent("initech-refund-01", "Refund Clerk", "billing"),
        Agent("initech-sense-01", "Sentiment Watch", "first-line", silent_hours=26.0),
    ),
    tasks=(
        Task(
            "task-answer",
            "answer a ticket",
            "Ticket {n}: the customer cannot sign in after the update. Draft a friendly answer "
            "and cite the article it rests on.",
        ),
        Task(
            "task-triage",
            "triage the inbox",
            "Sort the {n} new tickets by urgency and assign each to a queue.",
        ),
        Task(
            "task-refund",
            "decide a refund",
            "Order {n} arrived damaged. Check the refund policy and decide.",
        ),
    ),
    models=(platform.GPT_MINI, platform.LLAMA),
    tools=(
        Tool(
            "ticket_search", Function("initech.tickets.desk.search", "initech/tickets/desk.py"), 0.2
        ),
        Tool(
            "ticket_reply",
            Function("initech.tickets.desk.reply", "initech/tickets/desk.py"),
            0.35,
            0.04,
        ),
        Tool("refund", Function("initech.billing.refund", "initech/billing.py"), 0.7, 0.06),
        Tool("crm_lookup", Function("initech.crm.find", "initech/crm.py"), 0.15),
    ),
    variables=(
        Variable("inbox_length", 120, 70, whole=True),
        Variable("sentiment_score", 0.22, 0.5),
        Variable("sla_minutes_left", 95.0, 60.0, stuck=(Stuck(60, 50, 0.0),)),
        Variable("kb_index_state", cycle=("fresh", "stale", "rebuilding", "fresh")),
        Variable("agents_online", 6, 3, whole=True, stuck=(Stuck(9.0, 0.0, 4),)),
        Variable("autoreply_enabled", cycle=(True, True, False)),
    ),
    collection="help-articles",
    own=Service("ticket-desk", "DAMN", "tickets"),
    own_function=Function("initech.tickets.sync.pull", "initech/tickets/sync.py"),
)
