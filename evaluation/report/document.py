"""The whole evaluation as one JSON document: `evaluation.schema.json` describes it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from evaluation.comparing import comparison_json
from evaluation.evaluating import Result, Task

FORMAT, VERSION = "candor-evaluation", 1

LIMITS = (
    "Error rates hold for pictures like those of this folder. Pictures from cameras in the street"
    " are harder than those of public collections; pictures of drawn people say nothing about"
    " real ones.",
    "FPIR and FNIR hold for a gallery of this many subjects. A larger one has more false"
    " candidates at the same threshold.",
    "Intervals are those of drawing other people like these as searched ones, the gallery as it"
    " is. They know nothing of wrong labels, nor of other cameras.",
    "A rate is not measured where fewer than three times its inverse were tried.",
)


def document(
    task: Task, results: Sequence[Result], pairs_file: str, made_at: datetime
) -> dict[str, Any]:
    """Everything that was measured, with what it was measured on and how."""
    labelled = task.labelled
    repeated = int((labelled.pictures_of >= 2).sum())
    return {
        "format": FORMAT,
        "version": VERSION,
        "candor": settings.VERSION,
        "made_at": made_at.isoformat(timespec="seconds"),
        "source": {
            "kind": "pairs" if task.only_pairs else "folder",
            "folder": str(labelled.root),
            "pairs_file": pairs_file or None,
            "pictures": len(labelled.names),
            "subjects": len(labelled.subjects),
            "subjects_with_two_pictures": repeated,
            "pairs": len(task.pairs.same),
            "sha256": _digest(task, results[0]),
        },
        "plan": task.plan.as_json(),
        "engines": [result.json for result in results],
        "comparison": comparison_json(results),
        "limits": list(LIMITS),
    }


def _digest(task: Task, result: Result) -> str:
    """Of the names and hashes of all pictures: the same folder has the same one."""
    lines = zip(task.labelled.names, result.templates.hashes, strict=True)
    text = "".join(f"{digest}  {name}\n" for name, digest in lines)
    return hashlib.sha256(text.encode()).hexdigest()
