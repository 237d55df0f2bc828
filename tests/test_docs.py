"""What can be set, done and run is written down."""

import re
from pathlib import Path

import pytest

from accounts.faults import FAULTS as ACCOUNT_FAULTS
from accounts.permissions import ROLE_PERMISSIONS, Permission
from oversight.faults import FAULTS as OVERSIGHT_FAULTS
from portal import env
from portal.audit.actions import Action
from portal.audit.fields import FIELDS
from searches.decoder.rejections import MESSAGES
from searches.engines.registry import ENGINES
from searches.faults import FAULTS
from tests.browser.tutorial_pictures import PICTURES

MOST_BYTES = 60_000  # of a picture in the tutorials
ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text()


@pytest.mark.parametrize("name", sorted(env.KNOWN))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in text("settings.md")


def test_no_setting_is_documented_that_nothing_reads() -> None:
    written = {
        word.strip("`")
        for word in text("settings.md").split()
        if word.startswith("`CANDOR_") and word.endswith("`")
    }
    assert written <= set(env.KNOWN)


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_and_who_has_it_is_documented(permission: Permission) -> None:
    row = next(line for line in text("permissions.md").splitlines() if f"`{permission}`" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    header = next(line for line in text("permissions.md").splitlines() if "Analyst" in line)
    roles = [cell.strip().lower() for cell in header.strip("|").split("|")]
    for role, granted in ROLE_PERMISSIONS.items():
        label = "admin" if role == "admin" else str(role)
        cell = cells[roles.index(label if label != "admin" else "agency admin")]
        assert (cell == "yes") == (permission in granted), (permission, role)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_and_its_fields_are_documented(action: Action) -> None:
    row = next(line for line in text("audit.md").splitlines() if f"`{action}`" in line)
    for field in FIELDS[action].required | FIELDS[action].optional:
        assert f"`{field}`" in row


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_is_documented(engine: str) -> None:
    assert f"## `{engine}`" in text("engines.md")


@pytest.mark.parametrize("code", sorted([*FAULTS, *ACCOUNT_FAULTS, *OVERSIGHT_FAULTS, *MESSAGES]))
def test_every_code_that_a_user_may_see_is_documented(code: str) -> None:
    assert f"`{code}`" in text("codes.md")


def test_every_requirement_says_why_it_is_there() -> None:
    for name in sorted(path.name for path in ROOT.glob("requirements*.txt")):
        previous = ""
        for line in (ROOT / name).read_text().splitlines():
            wanted = line and not line.startswith(("#", "-r"))
            if wanted:
                assert "==" in line, line
                assert previous, f"{line} in {name} has no reason above it"
            previous = line


def test_the_adrs_are_listed() -> None:
    index = text("adr/README.md")
    for path in (DOCS / "adr").glob("0*.md"):
        assert path.name in index


# --- What pages say of one another --------------------------------------------------------------

PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(
    r"`((?:tests|portal|accounts|searches|galleries|training|oversight|evaluation)/[\w/]+\.py)`"
)

# A file of tests, with the tests in it that a page names.
TESTS = re.compile(r"`(tests/[\w/]+\.py)` \(((?:`test_\w+`(?:, | and )?)+)\)")


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_named_files_and_tests_are_there(page: Path) -> None:
    words = FENCED.sub("", page.read_text())
    missing = [name for name in NAMED.findall(words) if not (ROOT / name).is_file()]
    for name, tests in TESTS.findall(words):
        there = (ROOT / name).read_text() if name not in missing else ""
        missing += [test for test in re.findall(r"test_\w+", tests) if f"def {test}(" not in there]
    for link in LINK.findall(words):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(link)
    assert missing == []


def test_the_pictures_of_the_tutorials_are_those_that_the_script_takes() -> None:
    """`make screenshots` takes each of them anew, and every one is shown by one tutorial."""
    folder = DOCS / "tutorials" / "images"
    taken = sorted(f"{picture.name}.webp" for picture in PICTURES)
    pages = "".join(page.read_text() for page in (DOCS / "tutorials").glob("*.md"))
    assert sorted(re.findall(r"\]\(images/([\w.-]+)\)", pages)) == taken
    files = list(folder.iterdir())
    assert sorted(path.name for path in files) == taken
    assert [path.name for path in files if path.stat().st_size > MOST_BYTES] == []


def test_the_index_has_every_document() -> None:
    index = text("README.md")
    names = [page.name for page in DOCS.glob("*.md") if page.name != "README.md"]
    names += [f"tutorials/{page.name}" for page in (DOCS / "tutorials").glob("*.md")]
    assert [name for name in sorted(names) if f"({name}" not in index] == []
