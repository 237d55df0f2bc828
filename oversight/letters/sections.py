"""The parts of a letter. Its words about what is withheld are the same in every letter."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.purposes import Purpose
from oversight.letters.findings import Findings, HeldSubject
from oversight.models import PublicPage, SubjectRequest
from oversight.models.request_words import LetterAbout, RefusalGround, RequestKind, RequestOutcome
from searches.documents.phrasing import day, fact, facts, number
from searches.documents.printing import words

Section = dict[str, Any]


def _section(title: str, texts: list[str], groups: list[Section] | None = None) -> Section:
    paragraphs = [words(one) for text in texts for one in text.split("\n\n") if one.strip()]
    return {"title": title, "texts": paragraphs, "groups": groups or []}


def answer(request: SubjectRequest, about: LetterAbout) -> list[Section]:
    """What was asked, and what was decided."""
    asked = _("You asked on %(day)s: %(kind)s.") % {
        "day": day(timezone.localdate(request.received_at)),
        "kind": request.get_kind_display(),
    }
    if about == LetterAbout.ERASED:
        done = _("What we decided to erase was erased by %(day)s.") % {
            "day": day(timezone.localdate(request.erased_at)) if request.erased_at else ""
        }
        return [_section(_("Your request"), [asked]), _section(_("What was done"), [done])]
    decided = [_decision(request)]
    if request.ground:
        decided.append(str(RefusalGround(request.ground).label))
    return [
        _section(_("Your request"), [asked]),
        _section(_("Our answer"), [*decided, request.told]),
    ]


def _decision(request: SubjectRequest) -> str:
    if request.outcome == RequestOutcome.REFUSED:
        return _("We do not grant your request.")
    if request.kind == RequestKind.ACCESS:
        # Never in part: that would tell whether something is left out.
        return _("Below is what we can tell you about the data that we process about you.")
    is_partly = request.outcome == RequestOutcome.PARTLY
    if request.kind == RequestKind.CORRECTION:
        if is_partly:
            return _("We grant your request for correction in part.")
        return _("We grant your request for correction.")
    due = {"day": day(request.erase_by)}
    if is_partly:
        return (
            _(
                "We grant your request for erasure in part. What is concerned is to be erased by"
                " %(day)s. This letter does not say that it has been done: we write again then."
            )
            % due
        )
    return (
        _(
            "We grant your request for erasure. What is concerned is to be erased by %(day)s."
            " This letter does not say that it has been done: we write again then."
        )
        % due
    )


def found(request: SubjectRequest, about: LetterAbout, findings: Findings) -> list[Section]:
    """What is held, of an access alone."""
    is_granted = request.outcome in (RequestOutcome.GRANTED, RequestOutcome.PARTLY)
    if request.kind != RequestKind.ACCESS or not is_granted or about != LetterAbout.DECISION:
        return []
    return [
        _section(_("Pictures"), [_held_text(findings)], [_held(one) for one in findings.held]),
        _section(_("Searches"), _search_texts(findings), _by_purpose(findings)),
        _section(_("Who received something"), _recipient_texts(findings)),
        _section(_("What this letter may leave out"), [_neutral()]),
    ]


def _held_text(findings: Findings) -> str:
    if not findings.held:
        return _(
            "There is no picture of you in our galleries of which we can tell you."
            " We looked by what you told us, and not by a face."
        )
    return _(
        "Pictures of you are in our galleries. We found them by our own reference, and not by a"
        " face. To compare faces, a mathematical description (template) is computed from each"
        " picture and kept with it."
    )


def _held(one: HeldSubject) -> Section:
    rows = facts(
        fact(_("Our reference"), one.reference),
        fact(_("Source register"), one.source),
        fact(_("Kind of source"), one.source_kind),
        fact(_("Legal basis"), one.legal_basis),
        fact(_("Kept for"), _("%(n)s days from enrolment") % {"n": number(one.retention_days)}),
    )
    pictures = [
        _("Picture collected on %(collected)s, enrolled on %(enrolled)s, kept until %(until)s")
        % {
            "collected": day(picture.collected_on),
            "enrolled": day(picture.enrolled_on),
            "until": day(picture.expires_on),
        }
        + f" ({words(picture.source)}; {words(picture.legal_basis)})"
        for picture in one.pictures
    ]
    title = _("Gallery %(name)s") % {"name": one.gallery}
    return {"title": words(title), "facts": rows, "lines": pictures}


def _search_texts(findings: Findings) -> list[str]:
    total = sum(findings.searches.values())
    count = _("Searches of which we can tell you and in which you were a candidate: %(n)s.") % {
        "n": number(total)
    }
    return [
        _(
            "A search compares the face of an unknown person with our galleries and lists the most"
            " similar faces, called candidates. A candidate is a lead to be examined by two people"
            " and not an identification. Pictures of unknown people that were searched with are"
            " not compared with you to answer a request."
        ),
        count,
    ]


def _by_purpose(findings: Findings) -> list[Section]:
    rows = [
        fact(str(Purpose(purpose).label) if purpose in Purpose.values else _("Other"), number(n))
        for purpose, n in findings.searches.items()
    ]
    return [{"title": _("By purpose"), "facts": rows, "lines": []}] if rows else []


def _recipient_texts(findings: Findings) -> list[str]:
    return [
        _("Reports made of these searches: %(n)s.") % {"n": number(findings.reports)},
        _("Disclosure bundles made of them, for courts and defence: %(n)s.")
        % {"n": number(findings.bundles)},
        _("Other agencies with an examiner who examined one of them: %(n)s.")
        % {"n": number(findings.other_agencies)},
        _("The operator of the portal has no view of pictures, cases or searches."),
    ]


def _neutral() -> str:
    return _(
        "The law allows an agency to leave information out of such an answer, for example so that"
        " an investigation is not endangered. Every letter says this in these words, whether or"
        " not anything was left out, and we neither confirm nor deny that something was."
    )


def rights(page: PublicPage | None, language: str) -> list[Section]:
    texts = [
        _(
            "You can ask for access, correction, erasure or restriction again at any time, and"
            " complain to the supervisory authority, which can also look at what an agency may"
            " not tell you. You can go to court."
        )
    ]
    rows = [
        (_("Supervisory authority"), "authority"),
        (_("Data protection officer"), "protection_officer"),
        (_("Contact"), "contact"),
        (_("How long data are kept"), "retention"),
    ]
    shown = facts(*(fact(name, page.text(key, language) if page else "") for name, key in rows))
    groups = [{"title": "", "facts": shown, "lines": []}] if shown else []
    return [_section(_("Your rights"), texts, groups)]
