"""View models of the workbench: what an examiner is shown, and nothing that would sway them.

Of the first two rounds nothing here reads whether a face is a candidate, its similarity or its
subject, so that no page can tell. Only an adjudicator is shown what the two before decided.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches.features import Comparison, Feature
from searches.models import Examination, ExaminationItem, ExaminationState, Stage
from searches.models.examination import ADJUDICATION, FIRST, SECOND

TITLES: dict[int, str | Promise] = {
    FIRST: _("First examination"),
    SECOND: _("Second examination"),
    ADJUDICATION: _("Adjudication"),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """The features that were compared alike, in words."""

    comparison: str | Promise
    features: Sequence[str | Promise]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person decided about one face."""

    disposition: str
    remarks: list[Remark]
    comment: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A face in the list. `opinions` are the earlier ones, for an adjudicator alone.

    `erased_at` says that its picture is gone.
    """

    position: int
    decision: str
    erased_at: datetime | None
    opinions: list[Opinion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Overview:
    title: str | Promise
    tiles: list[Tile]

    @property
    def total(self) -> int:
        return len(self.tiles)

    @property
    def decided(self) -> int:
        return sum(bool(tile.decision) for tile in self.tiles)

    @property
    def is_complete(self) -> bool:
        return self.decided == self.total

    def next_undecided(self, after: int = 0) -> int | None:
        """The position to go on with: the next one behind `after`, else the first of all."""
        left = [tile.position for tile in self.tiles if not tile.decision]
        return next((position for position in left if position > after), min(left, default=None))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A face of a submitted examination. `similarity` only once the search is concluded."""

    position: int
    opinion: Opinion
    similarity: float | None
    was_mixed_in: bool
    erased_at: datetime | None


def overview_of(examination: Examination) -> Overview:
    items = list(examination.items.select_related("image", "shared").order_by("position"))
    opinions = opinions_about(examination, items)
    tiles = [
        Tile(
            item.position,
            item.get_disposition_display(),
            item.picture.erased_at,
            opinions[item.pk],
        )
        for item in items
    ]
    return Overview(TITLES[examination.round], tiles)


def opinions_about(
    examination: Examination, items: Iterable[ExaminationItem]
) -> dict[object, list[Opinion]]:
    """The two opinions about each disputed face, in an order that does not tell whose is whose.

    They are sorted by random keys, anew for every face. Empty in the rounds before.
    """
    found: dict[object, list[Opinion]] = defaultdict(list)
    if examination.round != ADJUDICATION:
        return found
    of_candidate = {item.candidate_id: item.pk for item in items if item.candidate_id}
    earlier = ExaminationItem.objects.filter(
        examination__search_id=examination.search_id,
        examination__state=ExaminationState.SUBMITTED,
        examination__round__in=[FIRST, SECOND],
        candidate_id__in=list(of_candidate),
    )
    for item in earlier.order_by("pk"):
        if item.candidate_id:
            found[of_candidate[item.candidate_id]].append(opinion_of(item))
    return found


def opinion_of(item: ExaminationItem) -> Opinion:
    remarks = []
    for comparison in Comparison:
        alike = [f.label for f in Feature if item.features.get(f.value) == comparison]
        if alike:
            remarks.append(Remark(comparison.label, alike))
    return Opinion(item.get_disposition_display(), remarks, item.comment)


def outcomes_of(examination: Examination) -> list[Outcome]:
    """The examiner's own decisions after submission."""
    concluded = examination.search.stage == Stage.CONCLUDED
    items = examination.items.select_related("image", "shared").order_by("position")
    return [
        Outcome(
            position=item.position,
            opinion=opinion_of(item),
            similarity=item.candidate.similarity if concluded and item.candidate else None,
            was_mixed_in=concluded and item.candidate_id is None,
            erased_at=item.picture.erased_at,
        )
        for item in (items.select_related("candidate") if concluded else items)
    ]
