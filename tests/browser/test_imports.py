"""Imports in a real browser: parts, a reload in the middle, a folder, and no script at all."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from searches.engines.synthetic.folder import write_folder
from tests.browser.conftest import PHONE, Open, Site, log_in, shoot
from tests.galleries.imports_cast import no_face, packed

pytestmark = pytest.mark.browser

PEOPLE, FIRST = 3, 400


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three people, and a picture of nobody."""
    folder = tmp_path_factory.mktemp("imports") / "people"
    write_folder(folder, people=PEOPLE, pictures=1, first_seed=FIRST, size=320)
    (folder / "P-9999").mkdir()
    (folder / "P-9999" / "1.jpg").write_bytes(no_face())
    return folder


def archive(people: Path, *, noise: int = 0) -> bytes:
    """The folder as a ZIP file; with so many bytes in a file that is no picture."""
    files = {
        str(path.relative_to(people)): path.read_bytes()
        for path in sorted(people.rglob("*"))
        if path.is_file()
    }
    return packed(files | {"P-0/noise.bin": b"x" * noise}, method=0)


def open_form(page: Page, site: Site) -> None:
    log_in(page, "ada@alder.example")
    page.goto(f"/galleries/{site.office.gallery}/imports/")
    page.get_by_role("link", name="Import many pictures").first.click()
    page.get_by_label("Collected on").fill("2026-01-02")


def test_an_upload_that_was_cut_off_goes_on_after_a_reload(
    open_page: Open, site: Site, people: Path, tmp_path: Path
) -> None:
    file = tmp_path / "people.zip"
    file.write_bytes(archive(people, noise=12 * 2**20))
    page = open_page()
    open_form(page, site)
    shoot(page, "import-form")
    page.get_by_label("ZIP file").set_input_files(file)
    seen: list[str] = []

    def let_one_pass(route: Route) -> None:
        """Only the first part arrives; the script tries the second one again and again."""
        if route.request.method == "PUT":
            seen.append(route.request.headers["upload-offset"])
            if len(seen) > 1:
                return route.fulfill(status=408)
        return route.continue_()

    page.route("**/upload/", let_one_pass)
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url("**/imports/*/")
    while len(seen) < 2:
        page.wait_for_timeout(50)
    shoot(page, "import-uploading")
    page.reload()
    page.unroute("**/upload/")
    page.get_by_text(re.compile(r"5\.0\sMB of 12")).wait_for()
    shoot(page, "import-cut-off")

    other = tmp_path / "other.zip"
    other.write_bytes(b"y" * file.stat().st_size)
    page.get_by_label("again to go on").set_input_files(other)
    page.get_by_role("button", name="Go on uploading").click()
    page.get_by_text("This is another file").wait_for()

    sent: list[str] = []
    page.on(
        "request", lambda r: sent.append(r.headers["upload-offset"]) if r.method == "PUT" else None
    )
    page.get_by_label("again to go on").set_input_files(file)
    page.get_by_role("button", name="Go on uploading").click()
    page.get_by_role("button", name="Enrol 4 pictures").wait_for(timeout=60_000)
    assert sent[0] == str(5 * 2**20)
    shoot(page, "import-report")
    page.get_by_role("button", name="Enrol 4 pictures").click()
    page.get_by_role("link", name="Show the gallery").wait_for(timeout=60_000)
    shoot(page, "import-done")
    page.get_by_role("link", name="Show rejected files").click()
    page.get_by_text("No face was found.").wait_for()
    shoot(page, "import-rejected")
    page.set_viewport_size({"width": 360, "height": 800})
    shoot(page, "import-rejected-phone")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360


def test_a_folder_is_packed_on_its_way(open_page: Open, site: Site, people: Path) -> None:
    page = open_page(PHONE, "dark")
    open_form(page, site)
    page.get_by_label("Folder instead").set_input_files(people)
    shoot(page, "import-form-phone-dark")
    page.get_by_role("button", name="Upload and check").click()
    # The three people are enrolled by the test before, or are new when it did not run.
    page.get_by_role("heading", name="What the check found").wait_for(timeout=60_000)
    words = page.locator("dl.facts-numbers").first.inner_text().split("\n")
    assert (
        int(words[words.index("To enrol") + 1]) + int(words[words.index("There already") + 1]) == 4
    )
    shoot(page, "import-report-phone-dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("link", name="Cancel the import").click()
    page.get_by_role("button", name="Cancel the import").click()
    page.get_by_text("Cancelled before anything was enrolled.").wait_for()


def test_without_javascript_a_small_archive_is_imported(
    open_page: Open, site: Site, people: Path, tmp_path: Path
) -> None:
    file = tmp_path / "small.zip"
    file.write_bytes(archive(people))
    page = open_page(javascript=False)
    open_form(page, site)
    page.get_by_label("ZIP file").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("heading", name="What the check found").wait_for(timeout=60_000)
    shoot(page, "import-report-no-script")


def test_a_wrong_form_keeps_the_file_that_was_chosen(
    open_page: Open, site: Site, people: Path, tmp_path: Path
) -> None:
    file = tmp_path / "people.zip"
    file.write_bytes(archive(people))
    page = open_page()
    open_form(page, site)
    page.get_by_label("ZIP file").set_input_files(file)
    page.get_by_label("Collected on").fill("2999-01-01")
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_text("collected_in_future").wait_for()
    shoot(page, "import-form-wrong")
    page.get_by_label("Collected on").fill("2026-01-02")
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("heading", name="What the check found").wait_for(timeout=60_000)
