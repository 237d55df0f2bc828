"""What is odd about the templates of a gallery, seen from all of them at once.

Every picture is compared with every other one by multiplying blocks of the matrix of templates.
Memory is two bytes a number for the gallery and two blocks of similarities; time grows with the
square of the gallery (docs/galleries-quality.md has figures). Nothing here knows a database.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from galleries.models.review import ReviewKind

ROWS, COLUMNS = 1024, 8192  # 32 MB of similarities at a time
NEVER = np.float32(-2.0)
# How far from the middle of its gallery something is odd, in standard deviations estimated from
# the median absolute deviation; and from how many values on a middle can be told.
ODD_OUTLIER, ODD_EVERYONE = 4.0, 6.0
ENOUGH = 20
SIGMA = 1.4826

Vectors = NDArray[np.float16]
Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Population:
    """The templates of a gallery in the order of their pictures; `codes` index `subjects`."""

    images: list[UUID]
    subjects: list[UUID]
    codes: NDArray[np.int64]
    vectors: Vectors

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many pictures each subject has."""
        return np.bincount(self.codes, minlength=len(self.subjects))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something is found. None: it is not looked for, and the page says why.

    A picture is closer to another subject when its most similar picture of others is more similar
    than its most similar own one; where there is a threshold for duplicates, also above it, and
    the own one below.
    """

    duplicate: float | None
    outlier: float | None
    everyone: float | None


@dataclass(frozen=True, slots=True)
class Oddity:
    """One finding; `image` and `other` are places in the population."""

    kind: ReviewKind
    image: int
    other: int | None
    similarity: float
    threshold: float
    others: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """Per picture: its mean similarity to its own subject's others (NaN: none) and to strangers."""

    own: Numbers
    strangers: Numbers


def population_of(images: Sequence[UUID], subjects: Sequence[UUID], vectors: Vectors) -> Population:
    places: dict[UUID, int] = {}
    codes = np.array([places.setdefault(key, len(places)) for key in subjects], dtype=np.int64)
    return Population(list(images), list(places), codes, vectors)


def means_of(population: Population) -> Means:
    """Exact means without comparing pairs: a sum of inner products is one with the sum."""
    count, dimension = population.vectors.shape
    sums = np.zeros((len(population.subjects), dimension), np.float32)
    for part in _parts(count):
        np.add.at(sums, population.codes[part], population.vectors[part].astype(np.float32))
    total, sizes = sums.sum(axis=0), population.sizes
    own, strangers = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
    for part in _parts(count):
        rows = population.vectors[part].astype(np.float32)
        codes = population.codes[part]
        with_own = np.einsum("nd,nd->n", rows, sums[codes])
        itself = np.einsum("nd,nd->n", rows, rows)
        mates, others = sizes[codes] - 1, count - sizes[codes]
        with np.errstate(divide="ignore", invalid="ignore"):
            own[part] = np.where(mates > 0, (with_own - itself) / mates, np.nan)
            strangers[part] = np.where(others > 0, (rows @ total - with_own) / others, np.nan)
    return Means(own, strangers)


def thresholds_of(population: Population, means: Means, duplicate: float | None) -> Thresholds:
    """What is odd in this gallery, from its own middle and spread."""
    own = means.own[np.isfinite(means.own)]
    whole = subject_means(population, means)
    whole = whole[np.isfinite(whole)]
    return Thresholds(
        duplicate,
        _odd(own, -ODD_OUTLIER) if len(own) >= ENOUGH else None,
        _odd(whole, ODD_EVERYONE) if len(whole) >= ENOUGH else None,
    )


def subject_means(population: Population, means: Means) -> NDArray[np.float64]:
    """Each subject's mean similarity to strangers, over its pictures."""
    sums = np.bincount(population.codes, means.strangers, minlength=len(population.subjects))
    return sums / np.maximum(population.sizes, 1)


def _odd(values: NDArray[Any], deviations: float) -> float:
    middle = float(np.median(values))
    spread = SIGMA * float(np.median(np.abs(values - middle)))
    return middle + deviations * max(spread, 1e-3)


def oddities(
    population: Population,
    means: Means,
    thresholds: Thresholds,
    apart: NDArray[np.int64],
    start: int,
) -> list[Oddity]:
    """What is odd about the pictures from `start` on, ROWS of them at most.

    `apart` [k, 2] holds pairs of subject codes that a person told apart.
    """
    rows = slice(start, min(start + ROWS, len(population.images)))
    closest = _closest(population, rows, apart)
    found = list(_pairs(population, thresholds, closest, rows))
    found += _outliers(population, means, thresholds, rows)
    found += _everyone(population, means, thresholds, rows)
    return found


@dataclass(frozen=True, slots=True)
class _Closest:
    """Per row: the most similar picture of another subject and where it is, and of its own."""

    other: Numbers
    place: NDArray[np.int64]
    own: Numbers


def _closest(population: Population, rows: slice, apart: NDArray[np.int64]) -> _Closest:
    mine = population.vectors[rows].astype(np.float32)
    codes = population.codes[rows]
    n = len(codes)
    other, own = np.full(n, NEVER), np.full(n, NEVER)
    place = np.full(n, -1, np.int64)
    for part in _parts(len(population.images), COLUMNS):
        similar = mine @ population.vectors[part].astype(np.float32).T
        there = population.codes[part]
        _forget_itself(similar, rows, part)
        for row, column in _same(codes, there):
            own[row] = max(own[row], similar[row, column])
            similar[row, column] = NEVER
        for one, two in [*apart, *apart[:, ::-1]]:
            similar[np.ix_(codes == one, there == two)] = NEVER
        best = similar.argmax(axis=1)
        value = similar[np.arange(n), best]
        better = value > other
        other = np.where(better, value, other)
        place = np.where(better, best + part.start, place)
    return _Closest(other, place, own)


def _same(codes: NDArray[np.int64], there: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Rows and columns of one subject: few, so that no mask of everything is needed."""
    rows: dict[int, list[int]] = {}
    for row, code in enumerate(codes.tolist()):
        rows.setdefault(code, []).append(row)
    for column in np.flatnonzero(np.isin(there, codes)).tolist():
        for row in rows[int(there[column])]:
            yield row, column


def _forget_itself(similar: Numbers, rows: slice, part: slice) -> None:
    """A picture is as similar to itself as can be, which says nothing."""
    first, last = max(rows.start, part.start), min(rows.stop, part.stop)
    places = np.arange(first, last)
    similar[places - rows.start, places - part.start] = NEVER


def _alike(population: Population, image: int, least: float | None) -> int:
    """How many pictures of other subjects are at least this similar."""
    if least is None:
        return 0
    itself = population.vectors[image].astype(np.float32)
    found = 0
    for part in _parts(len(population.images)):
        similar = population.vectors[part].astype(np.float32) @ itself
        others = population.codes[part] != population.codes[image]
        found += int(((similar >= least) & others).sum())
    return found


def _pairs(
    population: Population, thresholds: Thresholds, closest: _Closest, rows: slice
) -> Iterator[Oddity]:
    """One for each picture that is closer to another subject, one for each alike pair.

    A picture that is like its own subject, too, shows somebody who is there twice.
    """
    seen: set[frozenset[int]] = set()
    for row in np.argsort(-closest.other, kind="stable"):
        value, own = float(closest.other[row]), float(closest.own[row])
        if value <= NEVER:
            continue
        image, other = rows.start + int(row), int(closest.place[row])
        pair = frozenset((int(population.codes[image]), int(population.codes[other])))
        least = thresholds.duplicate
        if NEVER < own < value and (least is None or own < least <= value):
            yield Oddity(ReviewKind.CLOSER, image, other, value, own)
            seen.add(pair)
        elif least is None or value < least or pair in seen:
            continue
        elif not _is_misplaced(population, other, least):
            yield Oddity(ReviewKind.DUPLICATE, image, other, value, least)
            seen.add(pair)


def _is_misplaced(population: Population, image: int, least: float) -> bool:
    """Whether a picture that resembles somebody else is unlike its own subject's others.

    It is then found as closer to another subject when its own turn comes; the picture that it
    resembles is not of somebody who is there twice.
    """
    mates = np.flatnonzero(population.codes == population.codes[image])
    mates = mates[mates != image]
    vectors = population.vectors[[image, *mates]].astype(np.float32)
    return bool(len(mates) and float((vectors[1:] @ vectors[0]).max()) < least)


def _outliers(
    population: Population, means: Means, thresholds: Thresholds, rows: slice
) -> Iterator[Oddity]:
    """The picture of each subject that is least like its others, where it is odd."""
    if thresholds.outlier is None:
        return
    for image in range(rows.start, rows.stop):
        value = float(means.own[image])
        if not value < thresholds.outlier:
            continue
        mates = np.flatnonzero(population.codes == population.codes[image])
        if image == mates[int(np.nanargmin(means.own[mates]))]:
            yield Oddity(ReviewKind.OUTLIER, image, None, value, thresholds.outlier)


def _everyone(
    population: Population, means: Means, thresholds: Thresholds, rows: slice
) -> Iterator[Oddity]:
    """The most general picture of each subject that resembles unusually many."""
    if thresholds.everyone is None:
        return
    whole = subject_means(population, means)
    for image in range(rows.start, rows.stop):
        code = population.codes[image]
        if not whole[code] > thresholds.everyone:
            continue
        mates = np.flatnonzero(population.codes == code)
        if image == mates[int(np.nanargmax(means.strangers[mates]))]:
            alike = _alike(population, image, thresholds.duplicate)
            yield Oddity(
                ReviewKind.EVERYONE, image, None, float(whole[code]), thresholds.everyone, alike
            )


def _parts(count: int, size: int = COLUMNS) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
