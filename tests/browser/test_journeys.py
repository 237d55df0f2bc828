"""What people come to do, from log-in to the end, in a real browser."""

import re
import uuid
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from searches.engines.base import RGBImage
from searches.engines.orientation import turned
from searches.engines.synthetic import Identity, Scene, draw_empty, draw_group
from searches.images import decode
from tests.browser.conftest import DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.searches.office import WANTED

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SIZES = pytest.mark.parametrize(
    ("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")], ids=["desktop", "phone"]
)


def write(path: Path, pixels: RGBImage) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path


def open_case(page: Page) -> str:
    number = f"2026-{uuid.uuid4().hex[:6]}"
    page.goto("/cases/new/")
    page.get_by_label("Case number").fill(number)
    page.get_by_label("Title").fill("Robbery at the harbour")
    page.get_by_label("Purpose").select_option("missing_person")
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/"))
    return number


def upload(page: Page, picture: Path) -> None:
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_label("Taken on").fill("2026-01-03")
    page.get_by_label("Taken by").select_option("cctv")
    page.get_by_label("Where").fill("Entrance, 12 Harbour Street")
    page.locator("main form:has(input[type=file]) button.button-main").click()


def fill_grounds(page: Page) -> None:
    page.get_by_label("Purpose").select_option("missing_person")
    page.get_by_label("Initial identification").check()
    page.get_by_label("Reason", exact=True).fill("Seen at the harbour on that evening")
    page.get_by_role("textbox", name="Facts").fill("The camera shows the person at 21:40")


def submit(page: Page) -> None:
    fill_grounds(page)
    page.get_by_role("button", name="Search this face").click()


def expect_searched(page: Page) -> str:
    """The page of a search that waits for the examination and shows no result; its id."""
    main = page.locator("main")
    expect(main).to_contain_text("An examiner has to examine")
    expect(page.locator(".step-now")).to_have_text("Examination")
    expect(page.locator(".candidate")).to_have_count(0)
    expect(main).not_to_contain_text("P-00")
    return page.url.rstrip("/").rsplit("/", 1)[1]


def best_of(site: Site, search: str) -> str:
    """The reference of the subject at rank 1."""
    best = "SELECT subject_id::text FROM searches_candidate WHERE search_id = %s AND rank = 1"
    return site.office.references()[str(site.office.place.value(best, search))]


@SIZES
def test_from_log_in_to_the_examination(
    open_page: Open, site: Site, size: tuple[int, int], name: str
) -> None:
    page = open_page(size)
    log_in(page, site.office.email)
    shoot(page, f"home-{name}")
    open_case(page)
    shoot(page, f"case-{name}")
    upload(page, site.office.picture)
    expect(page.get_by_text("One face was found")).to_be_visible()
    page.get_by_label("Custody").check()
    shoot(page, f"probe-{name}")
    submit(page)
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    assert best_of(site, expect_searched(page)) == f"P-{WANTED:04d}"
    expect(page.locator("main")).not_to_contain_text("%")
    shoot(page, f"search-{name}")


def test_of_several_faces_one_is_chosen_by_keyboard(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    people = [Identity.from_seed(5), Identity.from_seed(6)]
    picture = write(tmp_path / "two.png", draw_group(people, Scene.from_seed(5, size=640)))
    page = open_page()
    log_in(page, site.office.email)
    open_case(page)
    upload(page, picture)
    expect(page.get_by_text("2 faces were found")).to_be_visible()
    page.get_by_label("Custody").check()
    submit(page)
    expect(page.locator("main")).to_contain_text("face_not_chosen")
    shoot(page, "probe-no-choice")
    page.locator("input[name=face]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=face]").nth(1)).to_be_checked()
    shoot(page, "probe-two-faces")
    submit(page)
    assert best_of(site, expect_searched(page)) in ("P-0005", "P-0006")


def test_a_double_click_searches_once(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    expect(page.get_by_text("One face was found")).to_be_visible()
    page.get_by_label("Custody").check()
    fill_grounds(page)
    before = site.office.place.value("SELECT count(*) FROM searches_search")
    page.get_by_role("button", name="Search this face").dblclick()
    expect_searched(page)
    assert site.office.place.value("SELECT count(*) FROM searches_search") == before + 1


def test_a_face_lying_on_its_side_is_turned_by_hand(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    upright = decode(site.office.picture.read_bytes()).rgb
    picture = write(tmp_path / "side.png", turned(upright, 3))
    page = open_page()
    log_in(page, site.office.email)
    open_case(page)
    upload(page, picture)
    expect(page.get_by_text("One face was found")).to_be_visible()
    for _ in range(4):
        expect(page.locator("main .picture img")).to_be_visible()
        if is_upright(page, site.office.picture):
            break
        page.get_by_role("button", name="Turn right").click()
        page.wait_for_load_state()
    expect(page.get_by_text("One face was found")).to_be_visible()
    page.get_by_label("Custody").check()
    submit(page)
    assert best_of(site, expect_searched(page)) == f"P-{WANTED:04d}"


def is_upright(page: Page, upright: Path) -> bool:
    """Whether the picture that the page shows is the upright one."""
    probe = page.url.rstrip("/").rsplit("/", 1)[1]
    shown = decode(page.request.get(f"/probes/{probe}/picture/").body()).rgb.astype(int)
    wanted = decode(upright.read_bytes()).rgb.astype(int)
    return bool(np.abs(shown - wanted).mean() < 12)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.jpg", b"", "image_empty"),
        ("page.jpg", b"<html><script>alert(1)</script></html>", "image_unknown_format"),
        ("anim.gif", b"GIF89a\x01\0\x01\0\0\0\0;", "image_format_not_accepted"),
    ],
)
def test_a_bad_picture_is_refused_with_words_and_code(
    open_page: Open, site: Site, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(data)
    page = open_page(PHONE)
    log_in(page, site.office.email)
    open_case(page)
    upload(page, tmp_path / name)
    expect(page.locator("main")).to_contain_text(code)
    shoot(page, f"refused-{code}-phone")


def test_a_picture_without_a_face_says_what_helps(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    page = open_page()
    log_in(page, site.office.email)
    open_case(page)
    upload(page, write(tmp_path / "empty.png", draw_empty(3, size=400)))
    expect(page.get_by_role("heading", name="No face was found")).to_be_visible()
    shoot(page, "probe-no-face")


def test_an_admin_makes_a_gallery_and_enrols_a_picture(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    page = open_page()
    log_in(page, "ada@alder.example")
    name = f"Missing persons {uuid.uuid4().hex[:6]}"
    page.goto("/galleries/new/")
    page.get_by_label("Name of the gallery").fill(name)
    page.get_by_label("Name of the register").fill("Missing persons register")
    page.get_by_label("Kind of source").select_option("missing_person_reports")
    page.get_by_label("Legal basis").fill("Missing Persons Act s. 4")
    page.locator("main form button.button-main").click()
    page.wait_for_url(re.compile(r"/galleries/[0-9a-f-]{36}/$"))
    expect(page.locator("main")).to_contain_text(name)
    shoot(page, "gallery-empty")
    enrol(page, site.office.picture)
    page.get_by_role("link", name="Show the subject").click()
    page.wait_for_url(re.compile(r"/subjects/"))
    expect(page.locator("main")).to_contain_text("Missing Persons Act s. 4")
    shoot(page, "subject")


def enrol(page: Page, picture: Path) -> None:
    page.goto(page.url + "enrol/")
    page.get_by_label("Subject reference").fill("MP-77")
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_label("Collected on").fill("2026-01-02")
    shoot(page, "enrol")
    page.locator("main form button.button-main").click()
    page.wait_for_url(re.compile(r"/enrolments/"))
    expect(page.get_by_role("link", name="Show the subject")).to_be_visible()


def test_a_search_works_without_javascript(open_page: Open, site: Site) -> None:
    page = open_page(javascript=False)
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    for _ in range(40):
        if page.get_by_text("One face was found").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_label("Custody").check()
    submit(page)
    for _ in range(40):
        if page.get_by_text("An examiner has to examine").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    assert best_of(site, expect_searched(page)) == f"P-{WANTED:04d}"


def test_only_what_the_basis_asks_for_is_shown(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    expect(page.get_by_text("One face was found")).to_be_visible()
    facts, reference = page.get_by_role("textbox", name="Facts"), page.get_by_label("Reference of")
    expect(facts).to_be_hidden()
    page.get_by_label("Initial identification").check()
    expect(facts).to_be_visible()
    expect(reference).to_be_hidden()
    page.get_by_label("Authorized, with").check()
    expect(facts).to_be_hidden()
    expect(reference).to_be_visible()
    page.get_by_label("Custody").check()
    page.get_by_label("Reason", exact=True).fill("The court permitted it")
    reference.fill("Court of Harbour, 12/2026")
    page.get_by_label("Document of").set_input_files(
        {"name": "warrant.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    )
    page.get_by_role("button", name="Search this face").click()
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    expect(page.locator(".step-now")).to_have_text("Authorization")
    shoot(page, "search-awaiting")


def test_a_supervisor_authorizes_what_waits(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, "sup@alder.example")
    page.get_by_role("link", name="My work", exact=True).click()
    page.get_by_role("link", name="2026-").first.click()
    expect(page.get_by_role("heading", name="Authorize a search")).to_be_visible()
    shoot(page, "authorization")
    page.get_by_label("Reason of the decision").fill("The document permits it")
    page.get_by_role("button", name="Authorize").click()
    expect(page.locator("main")).to_contain_text("The search is authorized")
    expect_searched(page)
