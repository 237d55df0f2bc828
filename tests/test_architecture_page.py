"""docs/architecture.md says what the code is: its folders, its apps, the line of imports."""

import re

from django.conf import settings

from tests.test_architecture import APPS, LAYERS, ROOT, layer_of

PAGE = (ROOT / "docs" / "architecture.md").read_text()
NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
# What the page says once of every app, and what is not code.
IN_EVERY_APP = {"api", "management", "migrations", "models", "services", "static", "templates"}
IN_EVERY_APP |= {"templatetags", "views", "__pycache__"}


def test_every_path_on_the_page_is_there() -> None:
    paths = re.findall(rf"`((?:{'|'.join(APPS)}|tests|\*)/[\w/.*]*)`", PAGE)
    assert len(paths) > 40
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_folder_of_an_app_is_on_the_page() -> None:
    folders = [
        f"{app}/{path.name}/"
        for app in APPS
        for path in (ROOT / app).iterdir()
        if path.is_dir() and path.name not in IN_EVERY_APP
    ]
    named = [*folders, *(f"{app}/" for app in APPS)]
    assert [name for name in named if f"| `{name}`" not in PAGE and f", `{name}`" not in PAGE] == []


def test_the_line_of_imports_is_that_of_the_code() -> None:
    (line,) = re.findall(r"^portal\.\{.* <- .*$", PAGE, re.MULTILINE)
    layers = []
    for part in line.split("<-"):
        name, _, modules = part.strip().partition(".{")
        examples = [f"{name}.{one}" for one in modules.rstrip("}").split(",") if one != "..."]
        (layer,) = {layer_of(example) for example in (examples if modules else [name])}
        layers.append(layer)
    assert layers == LAYERS


def test_the_page_counts_the_apps() -> None:
    ours = [app for app in settings.INSTALLED_APPS if app.split(".")[0] in APPS]
    assert f"{NUMBERS[len(ours)]} Django apps" in PAGE
