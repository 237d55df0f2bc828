"""What similarities are worth in galleries, from their latest measurements.

The figure of a candidate is worked out when its search ends and kept with it: what pages, reports,
bundles and programs tell later is what was measured then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np

from searches.gallery_versions import GalleryVersion
from searches.models import Gallery, JobState, ScoreMeasurement
from searches.scores.distribution import Distribution
from searches.scores.figure import Figure
from searches.scores.tail import Tail

Worth = dict[str, Any]


def distribution_in(measurement: ScoreMeasurement) -> Distribution:
    """The distribution as it was measured: its tail is not fitted again."""
    tail = Tail(**measurement.tail) if measurement.tail else None
    ordered = np.array(measurement.similarities, dtype=np.float64)
    return Distribution(ordered, measurement.searched, tail)


def latest_measurement(gallery_id: UUID, contract_pk: int | None) -> ScoreMeasurement | None:
    """The last finished measurement of a gallery under a contract."""
    if contract_pk is None:  # nobody was ever enrolled
        return None
    done = ScoreMeasurement.objects.filter(gallery_id=gallery_id, state=JobState.DONE)
    return done.filter(contract_id=contract_pk).order_by("-finished_at").first()


@dataclass(frozen=True)
class GalleryScores:
    """A measurement, taken to the gallery of so many pictures that is searched."""

    measurement: ScoreMeasurement
    images: int
    wished: float | None

    @property
    def subjects(self) -> int:
        """People who are searched: as many per picture as there were when it was measured."""
        then = self.measurement
        return max(1, round(then.subjects * self.images / max(1, then.images)))

    def figure_at(self, similarity: float) -> Figure | None:
        return self._distribution.figure_at(similarity, self.subjects)

    def worth_of(self, similarity: float) -> Worth:
        """What is kept with a candidate; empty: not measured."""
        figure = self.figure_at(similarity)
        if figure is None:
            return {}
        then = self.measurement
        return figure.as_json() | {
            "measurement": str(then.pk),
            "measured_at": then.finished_at.isoformat() if then.finished_at else None,
            "source": then.source,
            "wished": self.wished,
            "is_within": None if self.wished is None else figure.is_within(self.wished),
        }

    @cached_property
    def _distribution(self) -> Distribution:
        return distribution_in(self.measurement)


def scores_of(
    versions: Sequence[GalleryVersion], contract_pk: int | None
) -> dict[UUID, GalleryScores]:
    """By gallery; those that nobody measured under this contract are missing."""
    wished = dict(
        Gallery.objects.filter(pk__in=[version.gallery_id for version in versions]).values_list(
            "pk", "wished_fpir"
        )
    )
    found = {}
    for version in versions:
        measurement = latest_measurement(version.gallery_id, contract_pk)
        if measurement is not None:
            rate = wished.get(version.gallery_id)
            found[version.gallery_id] = GalleryScores(measurement, version.images, rate)
    return found
