"""The message catalogues: extraction, merging and checking, without GNU gettext.

`python -m tests.catalogues` fails with a list of what is wrong; `--update` extracts, merges and
compiles. Babel reads Python only, so templates go through Django's own `templatize` first, which
is what `makemessages` does too.
"""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("portal", "accounts", "searches", "galleries", "training", "oversight")
LANGUAGES = ("fr",)
# For translators to begin with: nothing is offered in them before they are complete.
PREPARED = ("es",)
UNTRANSLATED = "is not translated"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)([-+ #0]*[\d.]*[a-zA-Z])|%%|\{\w*\}")
# A space that may break before a double punctuation mark or inside guillemets.
BREAKING_SPACE = re.compile(r"[^\u00a0\u202f\s] ?[:;?!»](?=[\s.,)]|$)|«(?!\u00a0)")


def po_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


# --- Extraction ---------------------------------------------------------------------------------


def source_files() -> Iterator[Path]:
    for app in SOURCES:
        yield from sorted((ROOT / app).rglob("*.py"))
        yield from sorted((ROOT / app).glob("**/templates/**/*"))


def python_of(path: Path) -> str:
    """The Python that Babel reads: the file itself, or a template turned into gettext calls."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # Templates indent as HTML does, which Python's tokenizer would refuse.
    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())


def extracted() -> Catalog:
    """Every string of the sources, with the files that use it."""
    catalog = Catalog(charset="utf-8")
    for path in source_files():
        if not path.is_file():
            continue
        code = BytesIO(python_of(path).encode())
        options = {"encoding": "utf-8"}
        found = extract("python", code, KEYWORDS, ["Translators:"], options)
        for line, message, comments, context in found:
            place = (str(path.relative_to(ROOT)), line)
            catalog.add(message, None, [place], auto_comments=comments, context=context)
    return catalog


# --- Checking -----------------------------------------------------------------------------------


def read_catalogue(language: str) -> Catalog:
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def key_of(message: Message) -> tuple[str | None, str]:
    """Context and singular: what gettext looks a message up by."""
    context: object = message.context
    # Babel leaves the contexts of compiled catalogues as bytes.
    known = context.decode() if isinstance(context, bytes) else message.context
    return known, forms_of(message.id)[0]


def forms_of(text: object) -> list[str]:
    """The texts of a message or a translation; several when it has plural forms."""
    return [text] if isinstance(text, str) else [str(form or "") for form in text]  # type: ignore[attr-defined]


def messages_of(catalog: Catalog) -> dict[tuple[str | None, str], Message]:
    return {key_of(message): message for message in catalog if message.id}


def placeholders(text: str) -> list[str]:
    return sorted(match.group() for match in PLACEHOLDER.finditer(text))


def problems_of(message: Message, plural_count: int) -> Iterator[str]:
    """What is wrong with one translation."""
    sources, texts = forms_of(message.id), forms_of(message.string)
    if message.fuzzy:
        yield "is fuzzy: read it, correct it and take the mark away"
    if any(not text.strip() for text in texts):
        yield UNTRANSLATED
        return
    if len(texts) != (plural_count if message.pluralizable else 1):
        yield "does not have all plural forms"
    for index, text in enumerate(texts):
        allowed = sources if index == 0 else sources[-1:]
        if placeholders(text) not in [placeholders(source) for source in allowed]:
            yield f"has other placeholders: {text}"
        if BREAKING_SPACE.search(text):
            yield f"needs no-break spaces beside its punctuation: {text}"
        if any(mark in text for mark in "'\"“”"):
            yield f"needs typographic apostrophes and guillemets: {text}"


def problems(catalog: Catalog, sources: Catalog) -> list[str]:
    """What is wrong with a catalogue, given the strings of the sources."""
    wanted, held = messages_of(sources), messages_of(catalog)
    found = [f"missing: {key[1]!r}" for key in wanted.keys() - held.keys()]
    found += [f"in no source: {key[1]!r}" for key in held.keys() - wanted.keys()]
    found += [f"in no source: {message.id!r}" for message in catalog.obsolete.values()]
    for key in wanted.keys() & held.keys():
        if forms_of(wanted[key].id) != forms_of(held[key].id):
            found.append(f"has another plural in the sources: {key[1]!r}")
        found += [f"{key[1]!r} {text}" for text in problems_of(held[key], catalog.num_plurals)]
    return sorted(found)


def compiled_differences(language: str, catalog: Catalog) -> list[str]:
    """What the compiled catalogue says otherwise than its source."""
    path = po_path(language).with_suffix(".mo")
    if not path.is_file():
        return ["django.mo does not exist"]
    with path.open("rb") as file:
        compiled = messages_of(read_mo(file))
    source = messages_of(catalog)
    return [
        f"django.mo differs: {key[1]!r}"
        for key in sorted(source.keys() | compiled.keys(), key=str)
        if key not in source
        or key not in compiled
        or forms_of(source[key].string) != forms_of(compiled[key].string)
    ]


def check() -> list[str]:
    sources, found = extracted(), []
    for language in LANGUAGES:
        if not po_path(language).is_file():
            found.append(f"{language}: {po_path(language)} does not exist")
            continue
        catalog = read_catalogue(language)
        wrong = problems(catalog, sources) + compiled_differences(language, catalog)
        found += [f"{language}: {text}" for text in wrong]
    for language in PREPARED:
        wrong = problems(read_catalogue(language), sources)
        found += [f"{language}: {text}" for text in wrong if not text.endswith(UNTRANSLATED)]
    return found


# --- Updating -----------------------------------------------------------------------------------


def update(language: str) -> None:
    """Merge the strings of the sources into a catalogue, and compile one that is offered."""
    path = po_path(language)
    catalog = read_catalogue(language) if path.is_file() else Catalog(locale=language)
    catalog.header_comment = (
        "# Written by `python -m tests.catalogues --update`; only msgstr is edited."
    )
    catalog.project, catalog.version, catalog.fuzzy = "Candor", "0", False
    catalog.msgid_bugs_address = catalog.last_translator = ""
    catalog.language_team, catalog.revision_date = "", catalog.creation_date
    guess = language in LANGUAGES  # there is nothing to guess from before a translator began
    catalog.update(extracted(), no_fuzzy_matching=not guess, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalog, width=100, ignore_obsolete=True, sort_by_file=True, include_lineno=False
        )
    if language in LANGUAGES:
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


def main(arguments: list[str]) -> int:
    if arguments == ["--update"]:
        for language in (*LANGUAGES, *PREPARED):
            update(language)
    elif arguments:
        print("usage: python -m tests.catalogues [--update]", file=sys.stderr)
        return 2
    wrong = check()
    for line in wrong:
        print(line)
    if wrong:
        print(f"{len(wrong)} problems; `python -m tests.catalogues --update` merges and compiles.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
