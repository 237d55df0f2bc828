"""Failures to enrol: pictures that give no template, by the code of the reason.

FTE = pictures without a template / pictures (ISO/IEC 19795-1, failure-to-enrol rate; each picture
is one attempt).
"""

from collections import Counter
from typing import Any

import numpy as np

from evaluation.bootstrap import Floats, draws, rate
from evaluation.embedding import Templates
from evaluation.folder import Labelled
from evaluation.plan import Plan


def failures_json(
    labelled: Labelled, templates: Templates, plan: Plan
) -> tuple[dict[str, Any], Floats]:
    """The rate, by reason and of all, and the drawn values of the latter [rounds]."""
    subjects, count = len(labelled.subjects), len(labelled.names)
    codes = Counter(failure.code for failure in templates.failed.values())
    names = sorted(codes, key=lambda code: (-codes[code], code))
    table = np.zeros((subjects, len(names) + 1))
    for picture, failure in templates.failed.items():
        subject = labelled.subject_of[picture]
        table[subject, 0] += 1
        table[subject, 1 + names.index(failure.code)] += 1
    pictures = labelled.pictures_of.astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        return np.asarray(weights @ table / (weights @ pictures), dtype=np.float64)

    drawn, values = draws(statistic, subjects, plan.rounds, plan.seed), statistic(np.ones(subjects))
    rates = [
        rate(float(values[place]), drawn[:, place], count, subjects).as_json()
        for place in range(len(names) + 1)
    ]
    reasons = [
        {"code": code, "pictures": codes[code], "rate": rates[1 + place]}
        for place, code in enumerate(names)
    ]
    listed = _listed(labelled, templates)
    of_all = {"pictures": count, "templates": len(templates.picture), "rate": rates[0]}
    return of_all | {"reasons": reasons, "listed": listed}, drawn[:, 0]


def _listed(labelled: Labelled, templates: Templates) -> list[dict[str, str]]:
    return [
        {
            "picture": labelled.names[picture],
            "subject": labelled.subjects[labelled.subject_of[picture]],
            "code": failure.code,
        }
        for picture, failure in sorted(templates.failed.items())
    ]
