"""Names of files in what was handed in: which are looked at, and whom they belong to."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from searches.faults import Fault

_PASSED_OVER = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"}
MANIFESTS = ("manifest.csv", "manifest.jsonl")


def tidy(name: str) -> str:
    """A name with slashes as Unix has them and letters composed, as manifests are compared."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return name.removeprefix("./")


def is_passed_over(name: str) -> bool:
    """Folders, hidden files and what operating systems leave behind."""
    parts = name.split("/")
    return not parts[-1] or any(part in _PASSED_OVER or _is_hidden(part) for part in parts)


def _is_hidden(part: str) -> bool:
    return part.startswith(".") and part not in (".", "..")


def check_name(name: str) -> None:
    """Raise Fault for a name that is not a plain path downwards, and for archives in archives.

    Nothing is ever written under such a name; whoever made it did not mean well, or made a mistake.
    """
    parts = name.split("/")
    odd = name.startswith("/") or ":" in parts[0] or any(part in ("", ".", "..") for part in parts)
    if odd or any(unicodedata.category(letter).startswith("C") for letter in name):
        raise Fault("name_unsafe")
    if PurePosixPath(name).suffix.lower() in _ARCHIVES:
        raise Fault("nested_archive")


def common_folder(names: Iterable[str]) -> str:
    """The one folder, with its slash, that everything lies in at least two levels deep; or "".

    Whoever packs the folder "people" gets "people/P-1/01.jpg": the subject is P-1.
    """
    tops = set()
    for name in names:
        parts = name.split("/")
        if len(parts) < 3:
            return ""
        tops.add(parts[0])
        if len(tops) > 1:
            return ""
    return f"{tops.pop()}/" if tops else ""


def reference_of(name: str, below: str) -> str:
    """The subject of a file: its folder, or its own name when it lies in none."""
    path = PurePosixPath(name.removeprefix(below))
    return path.parts[0] if len(path.parts) > 1 else path.stem
