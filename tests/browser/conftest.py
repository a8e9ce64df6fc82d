"""A real browser on a real server: one Chromium for the session, one site for each module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from cast import World
from dash.testing.browser import Browser
from selenium.webdriver.chrome.options import Options
from website import PATIENCE, Site

from dashboards.serving import Web

FLAGS = (
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    for item in items:
        if item.path.parent.name != "browser":
            continue
        item.add_marker(pytest.mark.browser)
        if missing and not os.environ.get("CI"):
            reason = f"{' and '.join(missing)} missing: apt-get install chromium chromium-driver"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    os.environ["DASH_TEST_CHROMEPATH"] = shutil.which("chromium") or ""
    options = Options()
    for flag in FLAGS:
        options.add_argument(flag)
    with Browser(
        "chrome",
        headless=True,
        options=[options],
        download_path=str(tmp_path_factory.mktemp("downloads")),
        percy_run=False,
        wait_timeout=PATIENCE,
    ) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(chrome: Browser, new_world: Callable[..., World]) -> Iterator[Site]:
    world = new_world()
    web = Web(world.app.server, "127.0.0.1", 0)
    world.app.server.test_client().get("/healthz")
    web.start()
    chrome.driver.get_log("browser")
    yield Site(world, web.url, chrome)
    chrome.driver.get("about:blank")
    web.stop()
