"""What Candor stands on: the licence of each package, an SBOM that has all, known flaws.

.venv/bin/python -m tests.dependencies licences    # writes docs/licences-of-dependencies.md
.venv/bin/python -m tests.dependencies serving     # what `make lock` is given
.venv/bin/python -m tests.dependencies sbom FILE   # holds a CycloneDX SBOM to what is installed
.venv/bin/python -m tests.dependencies flaws FILE  # judges what pip-audit has written
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences-of-dependencies.md"

# Nobody who runs Candor has to publish anything for these, and none limits what it is used for.
# (LGPL and MPL ask for changes of the library itself, and that others may exchange it.)
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python"),
        *("LGPL-3.0-only", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib", "BSL-1.0"),
        *("BSD License", "MIT License", "Apache Software License"),
        *("Python Software Foundation License", "Mozilla Public License 2.0 (MPL 2.0)"),
    }
)
# Tools that are run beside Candor and are no part of what is installed to serve it.
ALLOWED_FOR_TOOLS = ALLOWED | {"GPL-3.0-or-later"}
# What a package says in words of its own, or nowhere a program could read.
SAID_ELSEWHERE = {
    "axe-playwright-python": "MIT",  # its LICENSE
    "dlib-bin": "BSL-1.0",  # "Boost Software License"
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",  # its COPYING; MPL for the list of suffixes
    "insightface": "MIT",  # its README; the library only, no model comes with it
    "protobuf": "BSD-3-Clause",  # "3-Clause BSD License"
    "pytest-timeout": "MIT",  # its classifiers; "DFSG approved" is no licence
    "qrcode": "BSD-3-Clause",  # its LICENSE, in which the older parts are MIT
    "uritemplate": "BSD-3-Clause OR Apache-2.0",  # the same without hyphens
}
# Flaws that do not concern Candor, by their name: why not. Empty until somebody has judged one.
ACCEPTED: dict[str, str] = {}
FLAWED, UNANSWERED = 1, 3
HEAD = """# Licences of the dependencies

What each package says of itself, from its metadata. Made by `.venv/bin/python -m tests.dependencies licences`; `tests/test_dependencies.py` holds it to what is pinned, and fails for a licence that nobody has judged. Versions stand in `constraints.txt`. This is a list and no legal advice.

Candor is handed on as source; its packages come from their own publishers. Whoever hands on an image with all of it inside meets the conditions of each, above all notices and, for psycopg (LGPL-3.0), that its users can exchange the library.

"""  # noqa: E501 - lines of a page


def installed(name: str) -> Distribution:
    return distribution(name)


def pins() -> list[str]:
    """The lines of constraints.txt, `name==version`."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if "==" in line]


def pinned() -> list[str]:
    """The names in constraints.txt, as their publishers write them."""
    return [line.partition("==")[0] for line in pins()]


def serving_pins() -> list[str]:
    """Of these lines those that Candor runs on, with normalized names."""
    run_on = serving()
    split = [line.split("==") for line in pins()]
    named = [(canonicalize_name(name), version) for name, version in split]
    return [f"{name}=={version}" for name, version in named if name in run_on]


def locked() -> dict[str, list[str]]:
    """What requirements.lock has: the SHA-256 of all files of each `name==version`."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        words = line.removesuffix("\\").split()
        if not line.startswith((" ", "#")):
            found[words[0]] = hashes = []
        elif words and words[0].startswith("--hash=sha256:"):
            hashes.append(words[0].removeprefix("--hash=sha256:"))
    return found


def serving() -> set[str]:
    """The normalized names of what Candor runs on, with what that needs in turn."""
    alone = {canonicalize_name(one.name) for one in _entries("requirements-nodeps.txt")}
    return alone | _with_needs(list(_entries("requirements.txt")))


def _with_needs(waiting: list[Requirement]) -> set[str]:
    found: set[str] = set()
    while waiting:
        wish = waiting.pop()
        name = canonicalize_name(wish.name)
        for extra in {"", *wish.extras}:
            if f"{name}[{extra}]" not in found:
                found.add(f"{name}[{extra}]")
                waiting += _needs(name, extra)
    return {name.partition("[")[0] for name in found}


def _entries(file: str) -> Iterator[Requirement]:
    for line in (ROOT / file).read_text().splitlines():
        if line and not line.startswith(("#", "-r")):
            yield Requirement(line)


def _needs(name: str, extra: str) -> Iterator[Requirement]:
    try:
        wishes = [Requirement(text) for text in installed(name).requires or []]
    except PackageNotFoundError:  # for another platform
        return
    for wish in wishes:
        with_it = wish.marker is None or wish.marker.evaluate({"extra": extra})
        without = wish.marker is None or wish.marker.evaluate({"extra": ""})
        if with_it and (not extra or not without):
            yield wish


def unpinned_under(version: str) -> set[str]:
    """What pinned packages need besides under such a Python, "3.11.2", if nothing has it pinned.

    `pip freeze` knows what the Python needs under which it was made, and no other.
    """
    python = {"python_full_version": version, "python_version": version.rpartition(".")[0]}
    names = {canonicalize_name(name) for name in pinned()}
    wishes = [Requirement(text) for name in names for text in installed(name).requires or []]
    needed: set[str] = {
        canonicalize_name(wish.name)
        for wish in wishes
        if wish.marker is None or wish.marker.evaluate({**python, "extra": ""})
    }
    return needed - names


def licence_of(name: str) -> str:
    """As an SPDX expression where the package has one, else the name of its classifier."""
    if said := SAID_ELSEWHERE.get(canonicalize_name(name)):
        return said
    facts = installed(name).metadata
    for expression in facts.get_all("License-Expression") or []:
        return str(expression)
    prefix = "License :: OSI Approved :: "
    classifiers = [one for one in facts.get_all("Classifier") or [] if one.startswith(prefix)]
    if classifiers:
        return " AND ".join(one.removeprefix(prefix) for one in classifiers)
    said_so = facts.get_all("License") or ["unknown"]
    return str(said_so[0]).strip().partition("\n")[0]


def unjudged(licence: str, allowed: frozenset[str]) -> list[str]:
    """The parts of an expression that are not allowed. Of alternatives all have to be."""
    parts = re.split(r" (?:AND|OR) ", licence)
    return [part for part in parts if not {part, part.strip("()")} & allowed]


def page() -> str:
    """The text of docs/licences-of-dependencies.md."""
    names, run_on = sorted(pinned(), key=str.lower), serving()
    text = HEAD
    for title, wanted in (("What Candor runs on", True), ("What its tests and tools need", False)):
        rows = [
            f"| {name} | {licence_of(name)} |"
            for name in names
            if (canonicalize_name(name) in run_on) == wanted
        ]
        text += f"## {title}\n\n| package | licence |\n|---|---|\n" + "\n".join(rows) + "\n\n"
    return text.rstrip("\n") + "\n"


def missing_in(sbom: Path) -> list[str]:
    """Which installed packages an SBOM has not, or in another version."""
    listed = {
        (canonicalize_name(one["name"]), one["version"])
        for one in json.loads(sbom.read_text())["components"]
    }
    there = {(canonicalize_name(one.name), one.version) for one in distributions()}
    return sorted(f"{name} {version}" for name, version in there - listed)


def judged(report: Path) -> tuple[int, str]:
    """What pip-audit's report means. pip-audit itself calls it clean when it could ask nobody."""
    try:
        entries = json.loads(report.read_text())["dependencies"]
    except (OSError, ValueError, KeyError):
        return UNANSWERED, "NOT AUDITED: the service for known flaws gave no answer."
    flaws = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for one in entries
        for flaw in one.get("vulns", [])
        if not ACCEPTED.keys() & {flaw["id"], *flaw.get("aliases", [])}
    ]
    if flaws:
        return FLAWED, "\n".join(flaws)
    asked = [one for one in entries if "vulns" in one]
    names = {canonicalize_name(one["name"]) for one in asked}
    left = sorted({canonicalize_name(name) for name in pinned()} - names)
    if left:
        some = ", ".join(left[:5])
        text = f"NOT AUDITED: no answer for {len(left)} of {len(pinned())} packages ({some} ...)."
        return UNANSWERED, text
    return 0, f"no known flaw in {len(asked)} packages"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["licences"]:
            PAGE.write_text(page())
            return 0
        case ["serving"]:
            print("\n".join(serving_pins()))
            return 0
        case ["sbom", file]:
            missing = missing_in(Path(file))
            print(f"not in the SBOM: {missing}" if missing else "the SBOM has every package")
            return 1 if missing else 0
        case ["flaws", file]:
            status, text = judged(Path(file))
            print(text)
            return status
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
