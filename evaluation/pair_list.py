"""Lists of pairs: CSV with a header, or the list of "Labeled Faces in the Wild".

CSV has the columns first, second, same and, if wished, fold; pictures are paths below the folder.
`same` is 1, yes, true or 0, no, false. The list of LFW (pairs.txt) has lines "NAME n m" for a pair
of one person and "NAME n OTHER m" for a pair of two, separated by tabs or spaces; its pictures are
NAME/NAME_000n.jpg, and the lines of its folds follow each other.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.faults import EvaluationFault
from evaluation.folder import Indices, Labelled

FOLDS = 10
_SAME = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class PairList:
    """Pairs of pictures: indices into the pictures, whether they are one person, and the fold."""

    first: Indices
    second: Indices
    same: NDArray[np.bool_]
    fold: Indices


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    first: str
    second: str
    same: bool
    fold: int | None


def read_pairs(file: Path, root: Path | None) -> tuple[Labelled, PairList]:
    """The pictures that a list names, with the list. `root` is the list's own folder by default.

    Subjects are the folders of the pictures unless a line contradicts that; then pictures that
    lines call the same are one subject. Raises EvaluationFault: pairs_missing, pairs_empty,
    pairs_line or pairs_one_kind.
    """
    base = root or file.parent
    lines = list(_lines(file))
    if not lines:
        raise EvaluationFault("pairs_empty", path=file)
    for kind, same in (("different", True), ("the same", False)):
        if not any(line.same is same for line in lines):
            raise EvaluationFault("pairs_one_kind", path=file, kind=kind)
    for line in lines:
        for name in (line.first, line.second):
            if not (base / name).is_file():
                _refuse(file, line.number, f"{base / name} is not a file")
    names = sorted({name for line in lines for name in (line.first, line.second)})
    place = {name: index for index, name in enumerate(names)}
    first, second = (
        np.array([place[getattr(line, side)] for line in lines], dtype=np.intp)
        for side in ("first", "second")
    )
    alike = np.array([line.same for line in lines])
    subjects, subject_of = _subjects(names, first, second, alike)
    folds = _folds(lines)
    paths = [base / name for name in names]
    labelled = Labelled(base, paths, names, subjects, subject_of)
    return labelled, PairList(first, second, alike, folds)


def _refuse(file: Path, number: int, reason: str) -> None:
    raise EvaluationFault("pairs_line", path=file, line=number, reason=reason)


def _lines(file: Path) -> Iterator[_Line]:
    try:
        text = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise EvaluationFault("pairs_missing", path=file, reason=reason) from error
    rows = [(number, line) for number, line in enumerate(text, 1) if line.strip()]
    if rows and "first" in rows[0][1] and "," in rows[0][1]:
        return _csv_lines(file, rows)
    return _lfw_lines(file, rows)


def _csv_lines(file: Path, rows: list[tuple[int, str]]) -> Iterator[_Line]:
    header = [name.strip() for name in next(csv.reader([rows[0][1]]))]
    missing = {"first", "second", "same"} - set(header)
    if missing:
        _refuse(file, rows[0][0], f"the column {min(missing)} is missing")
    for number, text in rows[1:]:
        values = [value.strip() for value in next(csv.reader([text]))]
        if len(values) != len(header):
            _refuse(file, number, f"{len(header)} values are needed, there are {len(values)}")
        row = dict(zip(header, values, strict=True))
        if row["same"].lower() not in _SAME:
            _refuse(file, number, f"same is {row['same']!r}; it must be 1 or 0")
        if not row.get("fold", "0").isdigit():
            _refuse(file, number, f"fold is {row['fold']!r}; it must be a number")
        fold = int(row["fold"]) if "fold" in row else None
        yield _Line(number, row["first"], row["second"], _SAME[row["same"].lower()], fold)


def _lfw_lines(file: Path, rows: list[tuple[int, str]]) -> Iterator[_Line]:
    numbers = rows[0][1].split() if rows else []
    # The first line says how many folds there are, and pairs of each kind in a fold.
    has_head = len(numbers) in (1, 2) and all(value.isdigit() for value in numbers)
    folds = int(numbers[0]) if has_head and len(numbers) == 2 else 1
    in_fold = 2 * int(numbers[-1]) if has_head else len(rows)
    for place, (number, text) in enumerate(rows[1:] if has_head else rows):
        words = text.split("\t") if "\t" in text else text.split()
        if len(words) not in (3, 4) or not all(w.isdigit() for w in (words[1], words[-1])):
            _refuse(file, number, "neither NAME n m nor NAME n OTHER m")
        fold = place // max(1, in_fold) if folds > 1 else None
        one, other = words[0], words[0] if len(words) == 3 else words[2]
        first, second = (
            f"{name}/{name}_{int(n):04d}.jpg" for name, n in ((one, words[1]), (other, words[-1]))
        )
        yield _Line(number, first, second, len(words) == 3, fold)


def _folds(lines: list[_Line]) -> Indices:
    """The folds as they are listed; without, pairs of each kind are dealt out in turn."""
    if all(line.fold is not None for line in lines):
        return np.array([line.fold for line in lines], dtype=np.intp)
    same = np.array([line.same for line in lines])
    folds = np.zeros(len(lines), np.intp)
    for kind in (True, False):
        folds[same == kind] = np.arange((same == kind).sum()) % FOLDS
    return folds


def _subjects(
    names: list[str], first: Indices, second: Indices, same: NDArray[np.bool_]
) -> tuple[list[str], Indices]:
    """The subjects' names, and whose each picture is."""
    parents = [Path(name).parent.as_posix() for name in names]
    if all((parents[a] == parents[b]) == s for a, b, s in zip(first, second, same, strict=True)):
        found = sorted(set(parents))
        return found, np.searchsorted(found, parents).astype(np.intp)
    leader = list(range(len(names)))

    def find(item: int) -> int:
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for a, b in zip(first[same], second[same], strict=True):
        leader[find(int(b))] = find(int(a))
    heads = [find(item) for item in range(len(names))]
    kept = sorted(set(heads))
    return [names[head] for head in kept], np.searchsorted(kept, heads).astype(np.intp)
