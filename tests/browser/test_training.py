"""An exercise from its rules to its result, and the first page of a learner in a training place."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Open, Site, log_in, log_in_anew, shoot
from tests.browser.test_pages import EVERYTHING, examine
from tests.searches.office import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LEARNER = """
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.models import Role
from accounts.services.agencies import add_member
from tests.second_factor import give_app
school = agency_by_slug("school")
lea = add_member(actor=command_actor("test", school.pk), agency=school, email="lea@school.example",
                 name="Lea", roles=[Role.ANALYST, Role.EXAMINER], password=%(password)r)
give_app(lea.user)
"""


def test_an_exercise_without_a_script_on_a_phone(open_page: Open, site: Site) -> None:
    page = open_page(PHONE, "dark", javascript=False)
    log_in_anew(page, EVERYTHING)  # rules are changed soon after a proof only
    page.goto("/training/rules/")
    page.get_by_label("Pairs of an exercise").fill("10")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    page.goto("/training/")
    page.get_by_role("button", name="Begin an exercise").click()
    for number in range(1, 11):
        expect(page.get_by_role("heading", name=f"Pair {number} of 10")).to_be_visible()
        page.get_by_label("Cannot be decided").check()
        page.get_by_role("button", name="Answer for good").click()
    expect(page.get_by_text("Not passed")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"^Pair \d+"))).to_have_count(10)


def test_its_pages_are_accessible(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, EVERYTHING)
    problems = []
    for name in ("training", "training/results", "training/rules"):
        page.goto(f"/{name}/")
        problems += examine(page, name)
        shoot(page, name.replace("/", "-"))
    page.goto("/training/")
    page.get_by_role("table").get_by_role("link").first.click()
    problems += examine(page, "exercise-result")
    shoot(page, "exercise-result")
    page.goto("/training/")
    page.get_by_role("button", name="Begin an exercise").click()
    problems += examine(page, "exercise-pair")
    shoot(page, "exercise-pair")
    page.get_by_role("button", name="Answer for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose one of the answers.")
    assert problems + examine(page, "exercise-without-answer") == []


def test_a_learner_is_told_where_they_are_and_what_comes_next(open_page: Open, site: Site) -> None:
    place = site.office.place
    place.manage("create_sandbox", "school", "--people", "6")
    place.manage("shell", "-c", LEARNER % {"password": PASSWORD})
    page = open_page()
    log_in(page, "lea@school.example")
    expect(page.get_by_text("Training: all people here are made up.")).to_be_visible()
    page.get_by_role("link", name="To the training").click()
    assert examine(page, "sandbox") == []
    shoot(page, "sandbox")
    page.get_by_role("button", name="Show me the example").click()
    expect(page.get_by_role("heading", name="EXAMPLE-1")).to_be_visible()
    page.get_by_role("link", name="To the training").click()
    expect(page.get_by_text("1 of 8 steps done")).to_be_visible()
