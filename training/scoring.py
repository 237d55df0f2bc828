"""What the answers of an exercise come to: counts, rates with their intervals, passed or not."""

from collections.abc import Iterable
from dataclasses import dataclass

from searches.kappa import Estimate, share
from searches.models import Disposition


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of an exercise; `mated` pairs show one person twice.

    A false positive keeps two people as one; a false negative excludes one person. What was left
    undecided is neither, and is not right.
    """

    mated: int
    unmated: int
    right: int
    false_positives: int
    false_negatives: int
    inconclusive: int

    @property
    def pairs(self) -> int:
        return self.mated + self.unmated

    @property
    def right_rate(self) -> Estimate | None:
        return share(self.right, self.pairs, 1)

    @property
    def false_positive_rate(self) -> Estimate | None:
        """Of the pairs of two people; None when there was none."""
        return share(self.false_positives, self.unmated, 1)

    @property
    def false_negative_rate(self) -> Estimate | None:
        """Of the pairs of one person; None when there was none."""
        return share(self.false_negatives, self.mated, 1)

    @property
    def inconclusive_rate(self) -> Estimate | None:
        return share(self.inconclusive, self.pairs, 1)

    def passes(self, *, pass_percent: int, false_positives_allowed: int) -> bool:
        """The same rule as the trigger training_guard_exercise."""
        enough = self.right * 100 >= pass_percent * self.pairs
        return enough and self.false_positives <= false_positives_allowed


def is_right(disposition: str, *, mated: bool) -> bool:
    return disposition == (Disposition.RETAINED if mated else Disposition.EXCLUDED)


def score_of(answers: Iterable[tuple[bool, str]]) -> Score:
    """The score of answered pairs, each as (mated, disposition)."""
    found = list(answers)
    mated = [said for is_mated, said in found if is_mated]
    unmated = [said for is_mated, said in found if not is_mated]
    return Score(
        mated=len(mated),
        unmated=len(unmated),
        right=mated.count(Disposition.RETAINED) + unmated.count(Disposition.EXCLUDED),
        false_positives=unmated.count(Disposition.RETAINED),
        false_negatives=mated.count(Disposition.EXCLUDED),
        inconclusive=(mated + unmated).count(Disposition.INCONCLUSIVE),
    )
