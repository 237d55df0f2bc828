"""Searches for every picture of a folder: with its mate, and without its subject."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.embedding import Templates
from evaluation.folder import Indices, Labelled
from evaluation.metrics_identification import ABSENT, Outcomes
from evaluation.plan import Plan
from evaluation.scoring import NOTHING, Found, search_all


@dataclass(frozen=True, slots=True)
class Searched:
    """The searches of the pictures with a template, and those of all pictures.

    In `of_all`, a picture without a template finds nothing and is never found: NIST counts failures
    as misses (IR 8271, section 3).
    """

    found: Found
    of_all: Outcomes
    enrolled: NDArray[np.bool_]


def search_folder(labelled: Labelled, templates: Templates, plan: Plan) -> Searched:
    """Search for every template; the mates and the gallery are as `plan.enrol` says."""
    subject_of = labelled.subject_of[templates.picture]
    enrolled = _enrolled(subject_of, plan.enrol)
    found = search_all(templates.vectors, subject_of, enrolled)
    of_all = _with_failures(labelled, templates, found.outcomes, enrolled, plan.enrol)
    return Searched(found, of_all, enrolled)


def _enrolled(subject_of: Indices, enrol: str) -> NDArray[np.bool_]:
    enrolled = np.ones(len(subject_of), np.bool_)
    if enrol == "first":
        enrolled[:] = False
        enrolled[np.unique(subject_of, return_index=True)[1]] = True
    return enrolled


def _with_failures(
    labelled: Labelled,
    templates: Templates,
    found: Outcomes,
    enrolled: NDArray[np.bool_],
    enrol: str,
) -> Outcomes:
    count = len(labelled.names)
    mate, other = np.full(count, NOTHING, np.int32), np.full(count, NOTHING, np.int32)
    rank = np.full(count, ABSENT, np.int32)
    place = templates.picture
    mate[place], other[place], rank[place] = found.mate, found.other, found.rank
    mated = labelled.pictures_of[labelled.subject_of] >= 2
    if enrol == "first":
        mated[place[enrolled]] = False
        # Of a subject without any template, the first picture stands for the one enrolled.
        without = np.setdiff1d(labelled.subject_of, labelled.subject_of[place])
        for subject in without:
            mated[np.flatnonzero(labelled.subject_of == subject)[0]] = False
    return Outcomes(labelled.subject_of, mated, mate, rank, other)
