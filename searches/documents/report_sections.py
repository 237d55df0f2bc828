"""The parts of the report before the candidates: the search, its grounds, its picture."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from searches.documents.dossier import Dossier, SharedVersion
from searches.documents.phrasing import by, cosine, day, fact, facts, moment, number
from searches.documents.printing import picture, words
from searches.edit_path import edits_of
from searches.error_rates import rates_in_words
from searches.models import AuthorizationNeeded, Basis, FollowUp, Outcome
from searches.recognition import PORTRAIT_SIZE

Data = dict[str, Any]


def outcome(dossier: Dossier) -> Data:
    """What the examinations came to, in words."""
    return {
        # Translators: before the outcome itself, as in "Outcome: Lead".
        "title": _("Outcome:"),
        "name": str(Outcome(dossier.conclusion.outcome).label),
        "text": _outcome_text(dossier),
        "when": _("Concluded %(when)s") % {"when": moment(dossier.conclusion.concluded_at)},
    }


def _outcome_text(dossier: Dossier) -> str:
    if dossier.conclusion.outcome == Outcome.LEAD:
        n = len(dossier.leads)
        text = ngettext(
            "%(n)s candidate may be the same person as the one in the picture, as the examinations"
            " below say. Whether it is has to be shown by other evidence.",
            "%(n)s candidates may be the same person as the one in the picture, as the examinations"
            " below say. Whether one of them is has to be shown by other evidence.",
            n,
        )
        return text % {"n": number(n)}
    if dossier.conclusion.outcome == Outcome.INCONCLUSIVE:
        return _(
            "No candidate was found to be possibly the same person, and about at least one of them"
            " it could not be decided."
        )
    if not dossier.candidates:
        return _("The search brought no candidate.")
    return _("Every candidate was found to be a different person.")


def subject_matter(dossier: Dossier) -> Data:
    search, case = dossier.search, dossier.search.case
    rows = facts(
        fact(_("Case"), case.number),
        fact(_("Title"), case.title),
        fact(_("Purpose"), search.get_purpose_display()),
        fact(_("Search"), search.pk, code=True),
        fact(_("Requested"), by(search.created_at, search.requested_by_label)),
        fact(_("Searched"), moment(search.finished_at)),
    )
    return {"title": _("The search"), "facts": rows}


def grounds(dossier: Dossier) -> Data:
    search = dossier.search
    basis = Basis(search.basis).label if search.basis else ""
    rows = facts(
        fact(_("Legal basis"), basis),
        fact(_("Reason"), search.reason),
        fact(_("Facts"), search.facts),
        fact(_("Reference"), search.reference),
        fact(_("Document, SHA-256"), search.document_sha256, code=True),
        *_authorization(dossier),
    )
    return {"title": _("Grounds"), "facts": rows}


def _authorization(dossier: Dossier) -> list[Data]:
    given, needed = dossier.authorization, dossier.search.authorization
    if given is not None:
        name = given.get_decision_display()
        return [
            fact(_("Authorization"), f"{name}, {by(given.decided_at, given.decided_by_label)}"),
            fact(_("Reason of the decision"), given.reason),
        ]
    if needed == AuthorizationNeeded.AFTER:
        until = {"when": moment(dossier.search.authorize_by)}
        return [fact(_("Authorization"), _("outstanding, due by %(when)s") % until)]
    return [fact(_("Authorization"), _("not needed for this basis"))]


def probe(dossier: Dossier) -> Data:
    """The face, the whole picture, where it comes from and what was done to it."""
    search, row = dossier.search, dossier.search.probe
    steps = edits_of(row)
    keys, index = row.portrait_keys, search.face_index
    face = dossier.stored(keys[index]) if index < len(keys) else None
    whole = dossier.stored(row.display_key)
    edited = any(step.sha256 for step in steps)
    rows = facts(
        fact(_("Captured on"), day(row.captured_on)),
        fact(_("Taken by"), row.get_capture_kind_display()),
        fact(_("Place"), row.capture_place),
        fact(_("Device"), row.capture_device),
        fact(_("Uploaded"), by(row.created_at, row.requested_by_label)),
        fact(_("Original, SHA-256"), row.sha256, code=True),
        fact(_("Face"), _("number %(n)s of %(all)s") % {"n": index + 1, "all": len(row.faces)}),
        fact(_("Edited"), _("yes, as listed below") if edited else _("no")),
    )
    return {
        "title": _("The picture searched with"),
        "face": picture(face, PORTRAIT_SIZE, PORTRAIT_SIZE),
        "face_name": _("The face searched for"),
        "whole": picture(whole, row.width or 1, row.height or 1),
        "whole_name": _("The whole picture, upright"),
        "missing": _("The picture cannot be read."),
        "facts": rows,
        "steps": [_step(step) for step in steps],
    }


def _step(step: Any) -> Data:
    when = by(step.made_at, step.made_by) if step.made_at else ""
    hashes = [
        fact(_("from"), step.parent_sha256, code=True),
        fact(_("to"), step.sha256, code=True),
    ]
    return {
        "title": words(step.title),
        "text": words(", ".join(filter(None, [step.details, when]))),
        "facts": facts(*hashes),
    }


def engine(dossier: Dossier) -> Data:
    """What was compared with what, and how."""
    search = dossier.search
    threshold = search.published_threshold
    advice = _("%(value)s; advice of the publisher of the weights, by which nobody is left out")
    rows = facts(
        fact(_("Templates compared"), number(search.templates_searched)),
        fact(_("How it was compared"), search.comparison_in_words),
        fact(_("Candidates at most"), number(search.limit)),
        fact(_("Engine, contract"), search.contract_id, code=True),
        fact(_("Scale"), search.scale),
        fact(
            _("Published threshold"),
            "" if threshold is None else advice % {"value": cosine(threshold)},
        ),
        fact(_("Error rates"), words(" ".join(rates_in_words(dossier.evaluation)))),
        fact(_("Sealed token, key"), dossier.token.key_id if dossier.token else "", code=True),
    )
    return {
        "title": _("What was searched"),
        "facts": rows,
        "galleries": [
            *(_gallery(one) for one in dossier.galleries),
            *(_shared_gallery(one) for one in dossier.shared),
        ],
    }


def _gallery(one: Any) -> Data:
    gallery, version = one.gallery, one.version
    rows = facts(
        fact(_("Source register"), gallery.source),
        fact(_("Kind of source"), gallery.get_source_kind_display()),
        fact(_("Legal basis"), gallery.legal_basis),
        fact(_("Pictures"), number(version.get("images"))),
        fact(_("Version"), version.get("version", ""), code=True),
    )
    return {"title": words(_("Gallery %(name)s") % {"name": gallery.name}), "facts": rows}


def _shared_gallery(one: SharedVersion) -> Data:
    row, version = one.row, one.version
    rows = facts(
        fact(_("Granted by"), row.owner_name),
        fact(_("Kind of source"), row.get_source_kind_display()),
        fact(_("Legal basis"), row.legal_basis),
        fact(_("Grant"), row.grant_id, code=True),
        fact(_("Pictures"), number(version.get("images"))),
        fact(_("Version"), version.get("version", ""), code=True),
    )
    return {"title": words(_("Gallery %(name)s") % {"name": row.title}), "facts": rows}


def follow_ups(dossier: Dossier) -> Data:
    return {
        "title": _("What became of it"),
        "rows": [_follow_up(row, note) for row, note in dossier.follow_ups],
        "none": _("Nothing was reported yet."),
    }


def _follow_up(row: FollowUp, note: str) -> Data:
    return {
        "title": str(row.get_outcome_display()),
        "text": by(row.reported_at, row.reported_by_label),
        "note": words(note),
    }
