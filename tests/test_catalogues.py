"""The check of the message catalogues finds what it is for, and finds nothing in ours."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog

from tests import catalogues


def test_the_catalogues_say_what_the_sources_say() -> None:
    assert catalogues.check() == []


def french(identity: Any, text: Any, **options: Any) -> list[str]:
    """What the check says of a catalogue with one translation."""
    catalog, sources = Catalog(locale="fr"), Catalog()
    catalog.add(identity, text, **options)
    sources.add(identity)
    return catalogues.problems(catalog, sources)


def test_good_translations_pass() -> None:
    assert french("Log in", "Se connecter") == []
    assert french("Which face?", "Quel visage\u202f?") == []
    assert french("At %(place)s: {n}", "À %(place)s\u00a0: {n}") == []
    assert french(("%(n)s face", "%(n)s faces"), ("%(n)s visage", "%(n)s visages")) == []


@pytest.mark.parametrize(
    ("identity", "text", "options", "complaint"),
    [
        ("Log in", "", {}, "not translated"),
        ("Log in", "Se connecter", {"flags": ["fuzzy"]}, "fuzzy"),
        ("At %(place)s", "À %(lieu)s", {}, "placeholders"),
        ("At %(n)d", "À %(n)s", {}, "placeholders"),
        ("At {n}", "À {m}", {}, "placeholders"),
        (("%(n)s face", "%(n)s faces"), ("%(n)s visage", ""), {}, "not translated"),
        (("%(n)s face", "%(n)s faces"), ("%(n)s visage", "visages"), {}, "placeholders"),
        (("%(n)s face", "%(n)s faces"), ("%(n)s visage",), {}, "plural forms"),
        ("Which face?", "Quel visage ?", {}, "no-break"),
        ("Which face?", "Quel visage?", {}, "no-break"),
        ("Its face", "L'image", {}, "apostrophes"),
    ],
)
def test_bad_translations_are_found(
    identity: Any, text: Any, options: dict[str, Any], complaint: str
) -> None:
    found = french(identity, text, **options)
    assert len(found) == 1
    assert complaint in found[0]


def test_missing_and_left_over_strings_are_found() -> None:
    catalog, sources = Catalog(locale="fr"), Catalog()
    catalog.add("Old", "Ancien")
    sources.add("New")
    assert catalogues.problems(catalog, sources) == ["in no source: 'Old'", "missing: 'New'"]


def test_a_catalogue_not_compiled_again_is_found() -> None:
    catalog = catalogues.read_catalogue("fr")
    assert catalogues.compiled_differences("fr", catalog) == []
    catalog["Log in"].string = "Ouvrir une session"
    assert catalogues.compiled_differences("fr", catalog) == ["django.mo differs: 'Log in'"]


def test_templates_are_extracted_as_django_looks_them_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "portal" / "templates"
    folder.mkdir(parents=True)
    (folder / "x.html").write_text(
        '{% load i18n %}\n<p>{% translate "100% sure" context "a report" %}\n'
        "      {% blocktranslate trimmed count n=things|length %}\n        {{ n }} thing\n"
        "    {% plural %}\n        {{ n }}\n        things\n      {% endblocktranslate %}</p>\n"
        "{% blocktranslate %} kept {% endblocktranslate %}{% include 'x' with y=_('filtered') %}\n"
    )
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    found = catalogues.messages_of(catalogues.extracted())
    assert {(key, message.id) for key, message in found.items()} == {
        (("a report", "100%% sure"), "100%% sure"),
        ((None, "%(n)s thing"), ("%(n)s thing", "%(n)s things")),
        ((None, " kept "), " kept "),
        ((None, "filtered"), "filtered"),
    }


def test_the_glossary_and_the_catalogue_use_the_same_words() -> None:
    rows = (catalogues.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    terms = {}
    for cells in ([cell.strip() for cell in row.strip("|").split("|")] for row in rows):
        if len(cells) == 3 and cells[0] != "English":
            terms[cells[0].lower()] = cells[2].lower()
    held = {
        text.lower(): catalogues.forms_of(message.string)[0].lower()
        for (context, text), message in catalogues.messages_of(
            catalogues.read_catalogue("fr")
        ).items()
        if not context  # with one, the word means something else
    }
    shared = terms.keys() & held.keys()
    assert {"agency", "case", "probe", "gallery", "subject", "legal basis"} <= shared
    assert {term: held[term] for term in shared} == {term: terms[term] for term in shared}
