"""Keeping an evaluation: what an agency measured stands on its pages and reports from then on."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from evaluation.faults import EvaluationFault
from evaluation.report.document import FORMAT, VERSION
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import EngineEvaluation

CURVES = ("cmc", "det")


@transaction.atomic
def keep_evaluation(*, actor: Actor, document: bytes, name: str) -> list[EngineEvaluation]:
    """Keep the figures of each engine of an evaluation.json, under a name of what it measured.

    Given again it is kept once. Raises EvaluationFault for anything else than a whole evaluation
    of a folder: a list of pairs has no gallery, and so no rate of missed people.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise EvaluationFault("evaluation_name")
    found = _read(document)
    digest = hashlib.sha256(document).hexdigest()
    return [_keep(actor, found, engine, digest, name) for engine in found["engines"]]


def _read(document: bytes) -> dict[str, Any]:
    try:
        found = json.loads(document)
        is_ours = (found["format"], found["version"]) == (FORMAT, VERSION)
        is_of_folder = found["source"]["kind"] == "folder"
    except (ValueError, TypeError, KeyError) as error:
        raise EvaluationFault("evaluation_unreadable") from error
    if not is_ours:
        raise EvaluationFault("evaluation_unreadable")
    if not is_of_folder:
        raise EvaluationFault("evaluation_of_pairs")
    return dict(found)


def _keep(
    actor: Actor, found: dict[str, Any], engine: dict[str, Any], digest: str, name: str
) -> EngineEvaluation:
    contract = engine["engine"]["contract"]
    known = EngineEvaluation.objects.filter(contract_id=contract, document_sha256=digest).first()
    if known is not None:
        return known
    rates = {key: value for key, value in engine["identification"].items() if key not in CURVES}
    row = EngineEvaluation(
        contract_id=contract,
        name=name,
        made_at=datetime.fromisoformat(found["made_at"]),
        pictures=found["source"]["pictures"],
        subjects=found["source"]["subjects"],
        figures={"identification": rates, "failures": engine["failures"]["rate"]},
        document_sha256=digest,
        kept_by_id=actor.user_id,
        kept_by_label=actor.label,
    )
    row.take_scope()
    row.save(force_insert=True)
    facts = {"contract": contract, "name": name, "sha256": digest}
    record(actor, Action.EVALUATION_KEPT, row, facts)
    return row
