"""The frame in a real browser: tabs, org switch, time range, theme, hostile names, the end of a
session. Every test looks at the console afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cast import NOW, span
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from sqlalchemy import select
from website import Site

from records.models import AuditEntry

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
TABS = ("/", "/traces", "/code", "/alerts?section=variables")
PLACES = (
    "/traces?mode=traces",
    "/traces?mode=watched",
    "/traces?select=status%3Aerror",
    f"/trace?trace={1:032x}&span={1:016x}",
    *(
        f"/trace?trace={1:032x}&tab={tab}"
        for tab in ("flame", "operations", "graph", "logs", "raw", "cohort")
    ),
    f"/compare?trace={1:032x}&other={2:032x}",
)
"""What else shows telemetry."""


@pytest.fixture(scope="module", autouse=True)
def _telemetry(site: Site) -> None:
    for number in range(12):
        site.world.send(
            "acme",
            span(
                HOSTILE,
                trace=number + 1,
                number=number + 1,
                ago=60 + number,
                error=HOSTILE if number % 2 else None,
                code__function__name=HOSTILE,
                aeos__data__stuck=HOSTILE,
                gen_ai__operation__name="chat",
                gen_ai__request__model=HOSTILE,
            ),
            service=HOSTILE,
            **{"aeos.process_group": HOSTILE},
        )
    site.world.send("globex", span("turbine\n\x07\u202etrap", trace=99, number=99))


@pytest.fixture(autouse=True)
def _console(site: Site) -> Iterator[None]:
    site.complaints()
    yield
    assert site.complaints() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_telemetry_is_text_on_every_tab(site: Site, theme: str) -> None:
    site.sign_in("alice")
    site.driver.add_cookie({"name": "theme", "value": theme})
    for path in (*TABS, *PLACES) if theme == "light" else TABS:
        site.open(path)
        site.until(lambda: "onerror" in site.one("#shell-room").text, f"the name on {path}")
        assert site.driver.execute_script("return window.hacked") is None
    assert site.driver.execute_script("return document.documentElement.dataset.theme") == theme


def test_invisible_characters_can_be_seen(site: Site) -> None:
    site.sign_in("charlie")
    site.open("/traces")
    site.wait_for_rows("process", ["turbine␊␇\N{REPLACEMENT CHARACTER}trap"])


def test_a_stranger_sees_an_empty_page_that_says_what_to_do(site: Site) -> None:
    site.sign_in("charlie")
    site.open("/?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z")
    site.browser.wait_for_contains_text("#overview-cards", "No spans in this time range")
    site.browser.wait_for_contains_text("#overview-errors", "No errors in this time range")
    site.open("/?org=acme")
    site.browser.wait_for_contains_text("#overview-cards", "nothing you may see")
    assert "onerror" not in site.driver.page_source


def test_the_overview_moves_by_itself_without_blanking(site: Site) -> None:
    site.sign_in("charlie")
    site.open("/?range=1h&live=5s")
    site.browser.wait_for_contains_text("#overview-cards", "0 of 1 spans")
    site.one("#overview-chart .main-svg")
    site.driver.execute_script("document.querySelector('#overview-chart').dataset.same = 'yes'")
    site.world.send("globex", span("another", trace=98, number=98, ago=30))
    site.browser.wait_for_contains_text("#overview-cards", "0 of 2 spans")
    assert site.one("#overview-chart").get_attribute("data-same") == "yes"


def test_tabs_keep_org_range_and_zone(site: Site) -> None:
    site.sign_in("alice")
    site.open("/?range=7d&zone=Asia%2FTokyo")
    site.browser.wait_for_contains_text("#shell-range-label", "7 days")
    site.all(".room-link")[1].click()
    site.browser.wait_for_contains_text("#traces-residue", "Asia/Tokyo (UTC+09:00)")
    assert site.driver.current_url.endswith("/traces?range=7d&zone=Asia%2FTokyo")
    assert site.driver.title == "Trace Explorer · Observatory"
    site.driver.back()
    site.one("#overview-cards .card")


def test_staff_switch_orgs_and_it_is_recorded(site: Site) -> None:
    site.sign_in("sam")
    site.browser.wait_for_contains_text("#shell-org", "All orgs")
    site.browser.wait_for_contains_text("#overview-orgs", "acme")
    assert not site.all(".banner")
    site.one("#shell-org").click()
    search = site.one(".dash-dropdown-search")
    search.send_keys("globex")
    ActionChains(site.driver).send_keys(Keys.ARROW_DOWN, Keys.ENTER).perform()
    site.browser.wait_for_contains_text(".banner", "You are looking into Globex as ALIAS staff")
    assert "org=globex" in site.driver.current_url
    site.until(lambda: "onerror" not in site.one("#shell-room").text, "acme's names are gone")
    site.driver.back()
    site.browser.wait_for_contains_text("#overview-orgs", "acme")
    with site.world.app.records.reading() as session:
        entered = session.scalars(select(AuditEntry).where(AuditEntry.action == "org.entered"))
        assert [entry.org for entry in entered] == ["globex"]


def test_members_cannot_switch(site: Site) -> None:
    site.sign_in("alice")
    site.browser.wait_for_contains_text("#shell-org", "Acme")
    assert not site.one("#shell-org").is_enabled()


def test_a_range_of_ones_own_and_what_is_wrong_with_it(site: Site) -> None:
    site.sign_in("alice")
    site.open("/traces?zone=UTC")
    site.one(".context summary").click()
    site.type_into("#shell-since", "yesterday")
    site.one("#shell-apply").click()
    site.browser.wait_for_contains_text("#shell-range-error", "Write both times as")
    site.type_into("#shell-since", f"{NOW:%Y-%m-%d} 23:59")
    site.type_into("#shell-until", f"{NOW:%Y-%m-%d} 00:00")
    site.one("#shell-apply").click()
    site.browser.wait_for_contains_text("#shell-range-error", "ends before it starts")
    site.type_into("#shell-since", "2020-01-01 00:00")
    site.type_into("#shell-until", "2020-01-02 12:30")
    site.one("#shell-apply").click()
    site.browser.wait_for_contains_text("#shell-range-label", "2020-01-01 00:00 – 2020-01-02 12:30")
    site.browser.wait_for_contains_text("#traces-face", "No spans in this time range")
    assert "until=2020-01-02T12%3A30%3A00Z" in site.driver.current_url
    site.all("#shell-range label")[3].click()
    site.until(lambda: len(site.column("process")) == 12, "the last day's spans")


@pytest.mark.parametrize("search", ["range=9y", "since=x&until=y", "after=nonsense", "org=../etc"])
def test_a_link_that_makes_no_sense_gets_a_sentence(site: Site, search: str) -> None:
    site.sign_in("alice")
    site.open(f"/traces?{search}")
    site.browser.wait_for_contains_text("#traces-face", "This panel has no answer.")


def test_the_theme_is_kept_without_a_flash(site: Site) -> None:
    site.sign_in("bob")
    site.one(".avatar").click()
    site.all("#shell-theme label")[2].click()
    root = "return document.documentElement.dataset.theme"
    site.until(lambda: site.driver.execute_script(root) == "dark", "the dark theme")
    client = site.world.app.server.test_client()
    for cookie in site.driver.get_cookies():
        client.set_cookie(cookie["name"], cookie["value"])
    page = client.get("/", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert '<html lang="en" data-theme="dark">' in page
    site.one(".avatar").send_keys(Keys.ESCAPE)
    site.until(lambda: not site.all("details[open]"), "the menu closes")


def test_signing_out_ends_the_session_everywhere(site: Site) -> None:
    site.sign_in("bob")
    cookie = site.driver.get_cookie("observatory_session")["value"]
    site.one(".avatar").click()
    site.one(".menu-person form button").click()
    site.one("input[name=email]")
    client = site.world.app.server.test_client()
    client.set_cookie("observatory_session", cookie)
    assert client.get("/_dash-layout").status_code == 401


def test_a_session_that_ended_leads_to_the_sign_in_page(site: Site) -> None:
    site.sign_in("bob")
    site.open("/traces")
    site.driver.delete_cookie("observatory_session")
    site.one("#traces-mode label:last-child").click()
    site.one("input[name=email]")
    site.driver.get_log("browser")


def test_every_function_that_callbacks_name_is_in_the_page(site: Site) -> None:
    site.sign_in("alice")
    missing = site.driver.execute_async_script(
        "const done = arguments[0];"
        "fetch('/_dash-dependencies').then((answer) => answer.json()).then((all) => done("
        "  all.filter((each) => each.clientside_function)"
        "    .map(({ clientside_function: f }) => [f.namespace, f.function_name])"
        "    .filter(([room, name]) => !(window.dash_clientside[room] || {})[name])))"
    )
    assert missing == []
