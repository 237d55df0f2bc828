"""The parts of the report about the candidates and what the examiners decided."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from searches.documents.dossier import Dossier, Looked, Round
from searches.documents.phrasing import by, checklist, cosine, day, fact, facts, moment, number
from searches.documents.printing import picture, words
from searches.models import Candidate, Examination, FaceImage, SharedFace
from searches.models.examination import ADJUDICATION, FIRST, SECOND
from searches.recognition import PORTRAIT_SIZE
from searches.score_words import list_in_words, threshold_in_words, worth_in_words

Data = dict[str, Any]


def round_name(number_of: int) -> str:
    return {
        FIRST: _("First examination"),
        SECOND: _("Second examination"),
        ADJUDICATION: _("Adjudication"),
    }[number_of]


def candidates(dossier: Dossier) -> Data:
    """The full list, every candidate with what both examiners decided."""
    scale = {"scale": dossier.search.scale}
    return {
        "title": _("Candidates"),
        "text": _(
            "The list is complete and in the order of the engine. The similarity is a raw cosine on"
            " the scale “%(scale)s”: the larger it is, the more alike the engine finds two faces."
            " It is no percentage and no probability that they are the same person. Under each is"
            " how often an unrelated person would be as similar, where that was measured."
        )
        % scale,
        "thresholds": list_in_words([one.worth for one in dossier.candidates]),
        "none": _(
            "The search brought no candidate. That is a normal outcome, and two people examined"
            " it as one."
        ),
        "head": [_("No."), _("Picture"), _("Subject"), _("Similarity"), _("Decisions")],
        "lead": _("Lead"),
        "rows": [_candidate(dossier, one) for one in dossier.candidates],
    }


def _candidate(dossier: Dossier, one: Candidate) -> Data:
    decisions = [(each, each.on(one)) for each in dossier.rounds]
    return {
        "rank": str(one.rank),
        "picture": picture(dossier.stored(one.picture.portrait_key), PORTRAIT_SIZE, PORTRAIT_SIZE),
        "alt": _("Enrolled image of candidate %(rank)s") % {"rank": one.rank},
        "missing": _missing(one.picture),
        "reference": words(one.reference) if one.reference else _("Erased subject"),
        "facts": _provenance(one),
        "similarity": cosine(one.similarity),
        "worth": " ".join(filter(None, [worth_in_words(one.worth), threshold_in_words(one.worth)])),
        "decisions": [
            fact(round_name(each.examination.round), found.item.get_disposition_display())
            for each, found in decisions
            if found is not None
        ],
        "is_lead": one.pk in dossier.leads,
    }


def _provenance(one: Candidate) -> list[Data]:
    """Where the picture comes from. Who enrolled it elsewhere is for the other agency to say."""
    image = one.picture
    rows = [
        fact(_("Gallery"), one.gallery_name),
        fact(_("Source register"), image.source),
        fact(_("Legal basis"), image.legal_basis),
        fact(_("Collected on"), day(image.collected_on)),
    ]
    if isinstance(image, FaceImage):
        rows.append(fact(_("Enrolled"), by(image.enrolled_at, image.enrolled_by_label)))
    return facts(*rows)


def _missing(image: FaceImage | SharedFace) -> str:
    """What stands where a picture should be."""
    if image.erased_at is None:
        return _("The picture cannot be read.")
    return _("Erased on %(day)s") % {"day": day(timezone.localdate(image.erased_at))}


def agreement(dossier: Dossier) -> Data:
    """Whether the two examiners decided alike, and who decided where they did not."""
    first, second = dossier.rounds[0], dossier.rounds[1]
    pairs = [(first.on(one), second.on(one)) for one in dossier.candidates]
    alike = sum(1 for a, b in pairs if a and b and a.item.disposition == b.item.disposition)
    disputed = len(dossier.rounds) > 2
    rows = facts(
        fact(
            _("Alike"),
            _("%(n)s of %(all)s candidates") % {"n": number(alike), "all": number(len(pairs))},
        ),
        fact(_("Disputed"), _("yes, decided by an adjudicator") if disputed else _("no")),
        fact(_("Error rates of the examiners"), _("not measured")),
    )
    return {"title": _("Agreement"), "facts": rows}


def examinations(dossier: Dossier) -> list[Data]:
    return [_examination(dossier, one) for one in dossier.rounds]


def _examination(dossier: Dossier, one: Round) -> Data:
    row = one.examination
    shown = [(c, found) for c in dossier.candidates if (found := one.on(c)) is not None]
    return {
        "title": round_name(row.round),
        "facts": facts(
            fact(_("Examiner"), row.examiner_label),
            fact(_("Begun"), moment(row.started_at)),
            fact(_("Submitted"), moment(row.submitted_at)),
            fact(_("Faces shown"), number(len(one.faces))),
            fact(_("Faces mixed in"), _mixed_in(one)),
            fact(_("Given back before"), _returned(dossier.returned, row.round)),
        ),
        "head": [_("No."), _("Decision"), _("Checklist"), _("Comment")],
        "rows": [_decision(candidate, found) for candidate, found in shown],
        "none": _("There was no candidate to decide about."),
    }


def _mixed_in(one: Round) -> str:
    if one.examination.round != SECOND:
        return ""
    mixed, kept = len(one.distractors), sum(_is_kept(face) for face in one.distractors)
    text = ngettext(
        "%(n)s that the search did not bring, unknown to the examiner; %(kept)s of it was retained",
        "%(n)s that the search did not bring, unknown to the examiner; %(kept)s of them were"
        " retained",
        mixed,
    )
    return text % {"n": number(mixed), "kept": number(kept)}


def _is_kept(face: Looked) -> bool:
    return bool(face.item.disposition == "retained")


def _returned(returned: Sequence[Examination], number_of: int) -> str:
    return "; ".join(
        by(one.started_at, one.examiner_label) for one in returned if one.round == number_of
    )


def _decision(candidate: Candidate, found: Looked) -> Data:
    return {
        "rank": str(candidate.rank),
        "decision": str(found.item.get_disposition_display()),
        "checklist": [words(line) for line in checklist(found.item)],
        "comment": words(found.comment),
    }
