"""A concluded search: its candidates with what everybody decided about them, in words.

Whoever calls this has asked `search_page.standing_of` whether the result may be shown at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.face_advice import advice_on
from searches.features import Comparison, Feature
from searches.models import (
    Candidate,
    Conclusion,
    Disposition,
    Examination,
    ExaminationItem,
    ExaminationState,
    FollowUp,
    Search,
)
from searches.models.examination import ADJUDICATION, FIRST, SECOND
from searches.models.search import WITH_FACES
from searches.score_words import list_in_words, threshold_in_words, worth_in_words
from searches.sealed import texts_of
from searches.services.concluding import lead_candidates
from searches.services.origins import code_of

ROUNDS: dict[int, str | Promise] = {
    FIRST: _("First examination"),
    SECOND: _("Second examination"),
    ADJUDICATION: _("Adjudication"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one examiner decided about one face, and what they compared."""

    round: str | Promise
    examiner: str
    disposition: str
    words: str
    features: Sequence[tuple[str, str]]
    comment: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    candidate: Candidate
    is_lead: bool
    judgements: Sequence[Judgement]

    @property
    def worth(self) -> str:
        """What the similarity was worth when it was searched, in words."""
        return worth_in_words(self.candidate.worth)

    @property
    def threshold(self) -> str:
        """How it stands to the gallery's threshold; "" without one."""
        return threshold_in_words(self.candidate.worth)

    @property
    def origin(self) -> str:
        """The code of a lead from another agency's gallery; only that agency can read it."""
        shared = self.candidate.shared
        return code_of(shared) if shared is not None and self.is_lead else ""


@dataclass(frozen=True, slots=True)
class Round:
    """An examination as a whole. Faces mixed in are none of the candidates."""

    examination: Examination
    title: str | Promise
    faces: int
    mixed_in: int
    mixed_in_retained: int


@dataclass(frozen=True, slots=True)
class Result:
    """`below` are candidates under the weights' own published rule."""

    conclusion: Conclusion
    above: Sequence[CandidateRow]
    below: Sequence[CandidateRow]
    rounds: Sequence[Round]
    follow_ups: Sequence[tuple[FollowUp, str]]
    advice: Sequence[str]

    @property
    def count(self) -> int:
        return len(self.above) + len(self.below)

    @property
    def thresholds(self) -> str:
        """What the agency's thresholds say of the whole list; "" without one."""
        rows = (*self.above, *self.below)
        return list_in_words([row.candidate.worth for row in rows])

    @property
    def leads(self) -> list[CandidateRow]:
        return [row for row in (*self.above, *self.below) if row.is_lead]


def result_of(search: Search) -> Result:
    found = search.examinations.all()  # in the order of the rounds
    rounds = {one.pk: one for one in found if one.state == ExaminationState.SUBMITTED}
    items = list(ExaminationItem.objects.filter(examination__in=rounds).order_by("position"))
    judged, leads = _judgements(rounds, items), lead_candidates(search)
    rows = [
        CandidateRow(candidate, candidate.pk in leads, judged.get(candidate.pk, []))
        for candidate in search.candidates.select_related(*WITH_FACES)
    ]
    threshold = search.published_threshold
    above = [row for row in rows if threshold is None or row.candidate.similarity >= threshold]
    follow_ups = list(search.follow_ups.all())
    return Result(
        conclusion=search.conclusions.get(),
        above=above,
        below=rows[len(above) :],
        rounds=[_round(examination, items) for examination in rounds.values()],
        follow_ups=list(zip(follow_ups, texts_of(follow_ups, "note_sealed"), strict=True)),
        advice=advice_on(search.face),
    )


def _judgements(
    rounds: Mapping[UUID, Examination], items: Sequence[ExaminationItem]
) -> dict[int, list[Judgement]]:
    """By candidate, in the order of the rounds."""
    found: dict[int, list[Judgement]] = {}
    pairs = list(zip(items, texts_of(items, "comment_sealed"), strict=True))
    for item, comment in sorted(pairs, key=lambda pair: rounds[pair[0].examination_id].round):
        if item.candidate_id is not None:
            judgement = _judgement(rounds[item.examination_id], item, comment)
            found.setdefault(item.candidate_id, []).append(judgement)
    return found


def _judgement(examination: Examination, item: ExaminationItem, comment: str) -> Judgement:
    compared = [
        (str(feature.label), str(Comparison(item.features[feature]).label))
        for feature in Feature
        if feature in item.features
    ]
    return Judgement(
        round=ROUNDS[examination.round],
        examiner=examination.examiner_label,
        disposition=item.disposition,
        words=item.get_disposition_display(),
        features=compared,
        comment=comment,
    )


def _round(examination: Examination, items: Iterable[ExaminationItem]) -> Round:
    own = [item for item in items if item.examination_id == examination.pk]
    mixed_in = [item for item in own if item.candidate_id is None]
    retained = [item for item in mixed_in if item.disposition == Disposition.RETAINED]
    return Round(examination, ROUNDS[examination.round], len(own), len(mixed_in), len(retained))
