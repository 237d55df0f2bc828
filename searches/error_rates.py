"""The measured error rates of an engine, in words: the same on page and report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.charts.scale import number
from portal.days import day_in_words
from searches.models import EngineEvaluation

Rate = Mapping[str, Any]


def evaluation_of(contract_id: str, until: datetime | None = None) -> EngineEvaluation | None:
    """The agency's last one for a contract that was kept by then; None: not measured."""
    kept = EngineEvaluation.objects.filter(contract_id=contract_id)
    if until is not None:
        kept = kept.filter(kept_at__lte=until)
    return kept.order_by("-kept_at").first()


def rates_in_words(evaluation: EngineEvaluation | None) -> list[str]:
    """What was measured on what, then a sentence for each rate; "not measured" without any."""
    if evaluation is None:
        return [_("not measured")]
    found = evaluation.figures["identification"]
    said = [
        _(
            "Measured on “%(name)s”, %(day)s: %(subjects)s subjects, %(pictures)s pictures, a"
            " gallery of %(enrolled)s people. The intervals are of 95 %%."
        )
        % {
            "name": evaluation.name,
            "day": day_in_words(localtime(evaluation.made_at)),
            "subjects": number(evaluation.subjects),
            "pictures": number(evaluation.pictures),
            "enrolled": number(found["enrolled_subjects"]),
        }
    ]
    said += [_missed(row) for row in found["identification"] if _is_measured(row["fnir"])]
    said += [_not_listed(row) for row in found["investigation"] if _is_measured(row["hit_rate"])]
    if len(said) == 1:
        said.append(_("Too few searches for any rate of missed people (FNIR)."))
    return said


def rates_as_json(evaluation: EngineEvaluation | None) -> dict[str, Any]:
    """The figures as they were measured, with what they are of; empty: not measured."""
    if evaluation is None:
        return {}
    return {
        "name": evaluation.name,
        "made_at": evaluation.made_at.isoformat(),
        "pictures": evaluation.pictures,
        "subjects": evaluation.subjects,
        "evaluation_sha256": evaluation.document_sha256,
        **evaluation.figures,
    }


def _missed(row: Mapping[str, Any]) -> str:
    return _(
        "Where %(fpir)s of searches of strangers bring a candidate (FPIR), %(fnir)s of searches"
        " for enrolled people miss them (FNIR)."
    ) % {"fpir": _share(row["fpir"]), "fnir": _share(row["fnir"])}


def _not_listed(row: Mapping[str, Any]) -> str:
    hit = row["hit_rate"]
    missed = {"value": 1 - hit["value"], "low": 1 - hit["high"], "high": 1 - hit["low"]}
    text = ngettext(
        "Not the first candidate: %(missed)s of searches for enrolled people.",
        "Not among the first %(rank)s candidates: %(missed)s of searches for enrolled people.",
        row["rank"],
    )
    return text % {"rank": number(row["rank"]), "missed": _share(missed)}


def _is_measured(rate: Rate) -> bool:
    return rate["value"] is not None


def _share(rate: Rate) -> str:
    values = {name: number(100 * rate[name], 2) for name in ("value", "low", "high")}
    return _("%(value)s %% (%(low)s to %(high)s)") % values
