"""One engine on one folder or list of pairs: all its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.discarding import discard_json
from evaluation.embedding import Embedding, Templates, embed_all
from evaluation.engines import Contender
from evaluation.failures import failures_json
from evaluation.folder import Indices, Labelled
from evaluation.identifying import identification_json, identify
from evaluation.label_errors import nearly_same, resembling
from evaluation.metrics_pairs import ScoredPairs
from evaluation.metrics_verification import Mates, Strangers
from evaluation.pair_list import PairList
from evaluation.plan import Plan
from evaluation.rates import NotMeasured
from evaluation.scoring import STEPS, compare_all, compare_pairs
from evaluation.searching import Searched, search_folder
from evaluation.speed import speed_json
from evaluation.verifying import accuracy_json, verification_json
from searches.recognition import loaded


@dataclass(frozen=True, slots=True)
class Task:
    """What is evaluated: pictures, a list of pairs of them, and whether only the list counts."""

    labelled: Labelled
    pairs: PairList
    only_pairs: bool
    plan: Plan


@dataclass(frozen=True)
class Result:
    """An engine's figures as JSON, its searches, and the drawn values [rounds] of some rates."""

    label: str
    json: dict[str, Any]
    templates: Templates
    searched: Searched | None
    drawn: dict[str, tuple[float, Floats]]


def evaluate(
    task: Task, contender: Contender, how: Embedding, progress: Callable[[], object]
) -> Result:
    """Embed and count. Raises EngineError and EvaluationFault("no_templates")."""
    about = _engine_json(contender)
    templates = embed_all(task.labelled, contender.slot, contender.label, how, progress)
    failures, drawn_failures = failures_json(task.labelled, templates, task.plan)
    fte = failures["rate"]["value"], drawn_failures
    subject_of = task.labelled.subject_of[templates.picture]
    figures = {"engine": about, "failures": failures, "speed": speed_json(templates, subject_of)}
    if task.only_pairs:
        figures |= _of_pairs(task, templates)
        return Result(contender.label, figures, templates, None, {"fte": fte})
    searched = search_folder(task.labelled, templates, task.plan)
    identification, drawn = _identification(task, searched, about["published_threshold"])
    figures |= identification | _of_folder(task, templates, searched)
    return Result(contender.label, figures, templates, searched, {"fte": fte, **drawn})


def _engine_json(contender: Contender) -> dict[str, Any]:
    used = loaded(contender.slot)
    return {
        "label": contender.label,
        "name": used.name,
        "contract": used.contract.id,
        "weights_sha256": used.contract.weights_sha256,
        "dimension": used.contract.dimension,
        "scale": used.scale,
        "licence": str(used.licence.state),
        "providers": list(used.providers),
        "threads": contender.slot.config.threads,
        "published_threshold": used.published_threshold,
    }


def _identification(
    task: Task, searched: Searched, published: float | None
) -> tuple[dict[str, Any], dict[str, tuple[float, Floats]]]:
    subjects, plan = len(task.labelled.subjects), task.plan
    outcomes = searched.found.outcomes
    enrolled = len(np.unique(outcomes.subject[searched.enrolled]))
    plain = identify(outcomes, subjects, enrolled, published, plan)
    of_all = identify(searched.of_all, subjects, enrolled, None, plan)
    found = identification_json(plain, of_all, published, plan)
    drawn = {f"fnir_rank_{n}": (1 - of_all.values[n - 1], 1 - of_all.drawn[:, n - 1]) for n in (1,)}
    for target, row in zip(plan.fpir_targets, found["identification"], strict=True):
        if row["threshold"] is not None:
            column = of_all.column(target)
            drawn[f"fnir_at_fpir_{target:g}"] = of_all.values[column], of_all.drawn[:, column]
    return {"identification": found}, drawn


def _of_folder(task: Task, templates: Templates, searched: Searched) -> dict[str, Any]:
    labelled, plan = task.labelled, task.plan
    subjects = len(labelled.subjects)
    subject_of = labelled.subject_of[templates.picture]
    mates, strangers = compare_all(templates.vectors, subject_of, subjects)
    return {
        "verification": _verification(mates, strangers, subjects, plan),
        "accuracy": _accuracy(task, templates),
        "discard": discard_json(mates, templates.qualities, subjects, plan),
        "label_errors": {
            "resembling_another": resembling(labelled, templates, searched.found),
            "nearly_the_same": nearly_same(labelled, templates, strangers),
        },
    }


def _of_pairs(task: Task, templates: Templates) -> dict[str, Any]:
    subjects = len(task.labelled.subjects)
    mates, strangers = _listed(task, templates)
    why = NotMeasured("a list of pairs has no gallery: give a folder alone").as_json()
    near = nearly_same(task.labelled, templates, strangers)
    return {
        "identification": why,
        "verification": _verification(mates, strangers, subjects, task.plan),
        "accuracy": _accuracy(task, templates),
        "discard": discard_json(mates, templates.qualities, subjects, task.plan),
        "label_errors": {"resembling_another": [], "nearly_the_same": near},
    }


def _verification(mates: Mates, strangers: Strangers, subjects: int, plan: Plan) -> dict[str, Any]:
    if not len(mates.score) or not strangers.total:
        return NotMeasured("comparisons of both kinds are needed").as_json()
    return verification_json(mates, strangers, subjects, plan)


def _places(task: Task, templates: Templates) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    """Of each pair that has both templates: where they stand; and which pairs these are."""
    at = np.full(len(task.labelled.names), -1, np.intp)
    at[templates.picture] = np.arange(len(templates.picture))
    first, second = at[task.pairs.first], at[task.pairs.second]
    kept = (first >= 0) & (second >= 0)
    return first[kept], second[kept], kept


def _accuracy(task: Task, templates: Templates) -> dict[str, Any]:
    first, second, kept = _places(task, templates)
    subject_of = task.labelled.subject_of[templates.picture]
    scored = ScoredPairs(
        score=compare_pairs(templates.vectors, first, second),
        same=task.pairs.same[kept],
        fold=task.pairs.fold[kept],
        first_subject=subject_of[first],
        second_subject=subject_of[second],
    )
    return accuracy_json(scored, int((~kept).sum()), len(task.labelled.subjects), task.plan)


def _listed(task: Task, templates: Templates) -> tuple[Mates, Strangers]:
    """The comparisons of a list, every one kept."""
    first, second, kept = _places(task, templates)
    subject_of = task.labelled.subject_of[templates.picture]
    scores, same = compare_pairs(templates.vectors, first, second), task.pairs.same[kept]
    mates = Mates(scores[same], subject_of[first[same]], first[same], second[same])
    falling = np.flatnonzero(~same)[np.argsort(-scores[~same], kind="stable")]
    one, other = first[falling], second[falling]
    histogram = np.bincount(scores[falling] + STEPS, minlength=2 * STEPS + 1)
    of_one, of_other = subject_of[one], subject_of[other]
    strangers = Strangers(histogram, -STEPS, scores[falling], one, other, of_one, of_other, None)
    return mates, strangers
