"""A site that is being served, and the browser that looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cast import PASSWORD, PEOPLE, World
from dash.testing.browser import Browser
from dash.testing.wait import until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

HARMLESS = ("sizeColumnsToFit", "favicon", "custom wheel sensitivity")
PATIENCE = 45


@dataclass
class Site:
    """A world that is being served, and the browser that looks at it."""

    world: World
    url: str
    browser: Browser

    @property
    def driver(self) -> Any:
        return self.browser.driver

    def sign_in(self, name: str) -> None:
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get(f"{self.url}/sign-in")
        self.type_into("input[name=email]", PEOPLE[name][0])
        self.type_into("input[name=password]", PASSWORD)
        self.one("button[type=submit]").click()
        self.browser.wait_for_element("#shell-room > *")

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)
        self.browser.wait_for_element("#shell-room > *")

    def one(self, selector: str) -> WebElement:
        return self.browser.wait_for_element(selector)

    def all(self, selector: str) -> list[WebElement]:
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def type_into(self, selector: str, text: str) -> None:
        """Put `text` where a field's text was, as a person would."""
        self.one(selector).send_keys(Keys.CONTROL + "a" + Keys.NULL + text)

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait for something to become true."""
        return until(true, timeout=PATIENCE, msg=f"waited in vain for: {what}")

    def column(self, field: str, grid: str = "traces-table") -> list[str]:
        """Texts of a column of a grid, from the top; rows out of sight are not in the page."""
        script = (
            "return [...document.querySelectorAll('#' + arguments[0] + ' .ag-row')]"
            ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
            ".map(r => r.querySelector('[col-id=' + arguments[1] + ']').innerText.split('\\n')[0])"
        )
        texts: list[str] = self.driver.execute_script(script, grid, field)
        return texts

    def wait_for_rows(self, field: str, expected: list[str], grid: str = "traces-table") -> None:
        """Wait until the top rows of a grid read as expected."""
        count = len(expected)
        self.until(lambda: self.column(field, grid)[:count] == expected, f"{field} = {expected}")

    def complaints(self) -> list[str]:
        """What the console has to complain about since the last look."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
            and not any(word in entry["message"] for word in HARMLESS)
        ]
