"""Globex Energy: solar fields and a grid, with agents that forecast and trade."""

from __future__ import annotations

from typing import Final

from demo import platform
from demo.shapes import Agent, Function, Org, Service, Stuck, Task, Tool, Variable

GLOBEX: Final = Org(
    slug="globex",
    name="Globex Energy",
    plan="pro",
    share=0.30,
    agents=(
        Agent("globex-forecast-01", "Load Forecaster", "grid"),
        Agent("globex-trade-01", "Day-Ahead Trader", "market"),
        Agent("globex-solar-01", "Solar Analyst", "generation"),
        Agent("globex-field-01", "Équipe terrain", "field", silent_hours=11.0),
        Agent("globex-report-01", "Report Writer", "market"),
    ),
    tasks=(
        Task(
            "task-forecast",
            "day-ahead forecast",
            "Forecast the load of region {n} for tomorrow by quarter hours and name the risks.",
        ),
        Task(
            "task-bid",
            "prepare market bid",
            "Prepare the bid for block {n} from the forecast; stay inside the risk limit.",
        ),
        Task(
            "task-outage",
            "triage outage reports",
            "Group the {n} new outage reports by feeder and say which crew goes first.",
        ),
        Task(
            "task-report",
            "regulator report",
            "Write the monthly report of field {n} for the regulator, citing each measurement.",
        ),
    ),
    models=(platform.GEMINI, platform.GPT, platform.HAIKU, platform.LLAMA),
    tools=(
        Tool("weather_api", Function("globex.weather.fetch", "globex/weather.py"), 0.5, 0.05),
        Tool(
            "load_model",
            Function("globex.forecast.model.predict", "globex/forecast/model.py"),
            2.2,
            0.02,
        ),
        Tool("market_bid", Function("globex.market.submit", "globex/market.py"), 0.4, 0.03),
        Tool("feeder_lookup", Function("globex.grid.feeder", "globex/grid.py"), 0.12),
    ),
    variables=(
        Variable("solar_output_kw", 0.0, 840.0, solar=True),
        Variable("grid_frequency_hz", 50.0, 0.04),
        Variable("transformer_oil_c", 54.0, 6.0, stuck=(Stuck(4.5, 0.0, 54.2),)),
        Variable("market_price_eur_mwh", 82.0, 35.0, stuck=(Stuck(130, 122, 0.0),)),
        Variable("feeders_online", 46, 5, whole=True, stuck=(Stuck(52, 44, 48),)),
        Variable("breaker_state", cycle=("closed", "closed", "open", "closed", "maintenance")),
        Variable("islanded", cycle=(False, True, False, True, False)),
    ),
    collection="grid-operations",
    own=Service("grid-forecaster", "DAMN", "forecast"),
    own_function=Function("globex.forecast.service.run", "globex/forecast/service.py"),
)
