"""A row in each table of hygiene and reviews."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from django.utils import timezone

from accounts.actor import command_actor
from evaluation.keeping import keep_evaluation
from galleries.models import HygieneRun, ReviewItem, ReviewKind
from searches.models import EngineEvaluation, FaceImage, Gallery, JobState, ScoreMeasurement
from searches.scores.distribution import distribution_of
from tests.evaluation.kept import evaluation_json


def make_measurement(
    gallery: Gallery,
    similarities: list[float],
    *,
    people: int = 10,
    images: int = 10,
    **more: Any,
) -> ScoreMeasurement:
    """What a measurement found among `people`, none of whom was searched for."""
    gallery.refresh_from_db()
    tail = distribution_of(np.array(similarities), people).tail
    made: ScoreMeasurement = ScoreMeasurement.objects.create(
        gallery=gallery,
        contract=gallery.contract,
        state=JobState.DONE,
        finished_at=timezone.now(),
        images=images,
        subjects=people,
        searched=people,
        similarities=sorted(similarities),
        tail=asdict(tail) if tail else {},
        requested_by_label="somebody",
        **more,
    )
    return made


def make_evaluation(gallery: Gallery) -> EngineEvaluation:
    """Error rates that the agency measured of the gallery's engine."""
    document = json.dumps(evaluation_json()).encode()
    actor = command_actor("test", gallery.agency_id)
    return keep_evaluation(actor=actor, document=document, name="Labelled pictures")[0]


def full_reviews(gallery: Gallery) -> ReviewItem:
    """A run of a gallery that found one of its pictures odd, and a measurement."""
    make_measurement(gallery, [0.1])
    make_evaluation(gallery)
    image = FaceImage.objects.filter(gallery=gallery).earliest("enrolled_at")
    run = HygieneRun.objects.create(gallery=gallery, requested_by_label="somebody")
    item: ReviewItem = ReviewItem.objects.create(
        kind=ReviewKind.OUTLIER,
        run=run,
        gallery=gallery,
        image=image,
        subject=image.subject,
        similarity=0.1,
        threshold=0.5,
    )
    return item
