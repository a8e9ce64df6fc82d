"""Acme Robotics: robots in warehouses, and agents that keep them working."""

from __future__ import annotations

from typing import Final

from demo import platform
from demo.shapes import Agent, Function, Org, Service, Stuck, Task, Tool, Variable

ACME: Final = Org(
    slug="acme",
    name="Acme Robotics",
    plan="enterprise",
    share=0.55,
    agents=(
        Agent("acme-dispatch-01", "Dispatcher", "warehouse-north"),
        Agent("acme-dispatch-02", "Dispatcher South", "warehouse-south"),
        Agent("acme-maint-01", "Maintenance Planner", "warehouse-north"),
        Agent("acme-vision-01", "Vision Inspector", "quality", silent_hours=3.5),
        Agent("acme-parts-01", "Parts Buyer", "procurement"),
        Agent("acme-safety-01", "Safety Officer", "quality"),
        Agent("acme-trans-01", "Übersetzer", "procurement"),
    ),
    tasks=(
        Task(
            "task-route-picks",
            "route picks",
            "Plan the picking routes of wave {n} for aisle {n}, avoiding the blocked bay.",
        ),
        Task(
            "task-maintenance",
            "weekly maintenance plan",
            "Robot R-{n} reports rising motor temperature. Decide whether to service it this week.",
        ),
        Task(
            "task-inspect",
            "inspect gripper images",
            "Look at the gripper images of batch {n} and list every pad that shows wear.",
        ),
        Task(
            "task-order-parts",
            "order spare parts",
            "Compare offers for {n} drive belts and draft the purchase order for the cheapest "
            "supplier that delivers before Friday.",
        ),
        Task(
            "task-incident",
            "explain a stop",
            "Robot R-{n} stopped twice at dock {n}. Read its log and explain why.",
        ),
    ),
    models=(platform.CLAUDE, platform.GPT, platform.GPT_MINI, platform.MISTRAL),
    tools=(
        Tool("route_solver", Function("acme.routing.solve", "acme/routing.py"), 0.9, 0.03),
        Tool(
            "robot_command",
            Function("acme.robots.control.command", "acme/robots/control.py"),
            0.25,
            0.05,
        ),
        Tool("parts_catalogue", Function("acme.parts.find", "acme/parts.py"), 0.18),
        Tool("purchase_order", Function("acme.parts.order", "acme/parts.py"), 0.6, 0.04),
        Tool("image_compare", Function("acme.vision.compare", "acme/vision.py"), 1.8, 0.03),
        Tool("検索", Function("acme.search.find", "acme/search.py"), 0.3),
    ),
    variables=(
        Variable("motor_temperature_c", 61.0, 9.0),
        Variable(
            "battery_level_percent",
            64.0,
            30.0,
            stuck=(Stuck(6.0, 0.0, 71.4), Stuck(190, 178, 12.0)),
        ),
        Variable("conveyor_speed_mps", 1.4, 0.35, stuck=(Stuck(75, 69, 1.4),)),
        Variable("picks_per_hour", 740, 160, whole=True),
        Variable("gripper_state", cycle=("open", "closing", "closed", "lifting", "open", "idle")),
        Variable(
            "door_open", cycle=(False, True, False, False, True), stuck=(Stuck(30, 27, True),)
        ),
        Variable("lidar_range_m", 11.0, 6.0),
    ),
    collection="maintenance-manuals",
    own=Service("robot-bridge", "DAMN", "robots"),
    own_function=Function("acme.robots.telemetry.pull", "acme/robots/telemetry.py"),
)
