"""Galleries, source registers, enrolment, quality and reviews."""

import uuid

from galleries.models import ReviewItem
from searches.services.galleries import main_register
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import make_enrolment, make_gallery, person_jpeg
from tests.galleries.helpers import checking, enrolled, held

SCORE_ACTS = ("gallery_scores_measure", "gallery_scores_threshold")

TABLE: Table = {
    "galleries": [200, 403, 200, 200, 200, 200, 403, L],
    "gallery_new": [403, 403, 403, 403, 200, 200, 403, L],
    "gallery": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_sources": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_source_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "subjects_export": [403, 403, 403, 403, 200, 404, 403, L],
    "registers": [200, 403, 200, 200, 200, 200, 403, L],
    "register_new": [403, 403, 403, 403, 200, 200, 403, L],
    "register": [200, 403, 200, 200, 200, 404, 403, L],
    "register_retire": [403, 403, 403, 403, 200, 404, 403, L],
    "enrolment_new": [403, 403, 403, 403, 200, 404, 403, L],
    "subject": [200, 403, 200, 200, 200, 404, 403, L],
    "enrolment": [403, 403, 403, 403, 200, 404, 403, L],
    "portrait": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_reviews": [200, 403, 200, 200, 200, 200, 403, L],
    "gallery_reviews_keep": [403, 403, 403, 403, 302, 302, 403, L],
    "gallery_review": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_review_picture": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_scores": [200, 403, 200, 200, 200, 404, 403, L],
    **{name: [403, 403, 403, 403, 302, 404, 403, L] for name in SCORE_ACTS},
    "gallery_quality": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_hygiene": [200, 403, 200, 200, 200, 404, 403, L],
    "subject_best": [403, 403, 403, 403, 302, 404, 403, L],
}
POST_ONLY = ("gallery_source_remove", "gallery_reviews_keep", "subject_best", *SCORE_ACTS)


def arguments(ground: Ground) -> Arguments:
    gallery, image = ground.gallery, ground.image
    register = main_register(gallery)
    enrolment = make_enrolment(gallery, "P-2", person_jpeg(2))
    doubles = checking(make_gallery(ground.alder, "Doubles"))
    enrolled(doubles, "P-3", 0)
    review = held(doubles, "P-4", 1)
    of_gallery = ("gallery", "gallery_sources", "gallery_quality", "gallery_hygiene")
    scores = ("gallery_scores", *SCORE_ACTS)
    return {
        **{
            name: [gallery.pk]
            for name in (*of_gallery, *scores, "subjects_export", "enrolment_new")
        },
        "gallery_source_remove": [gallery.pk, register.pk],
        "register": [register.pk],
        "register_retire": [register.pk],
        "subject": [image.subject_id],
        "subject_best": [image.subject_id],
        "portrait": [image.pk],
        "enrolment": [enrolment.pk],
        "gallery_review": [review.pk],
        "gallery_review_picture": [review.pk],
    }


def posts(ground: Ground) -> Posts:
    register = {
        "name": "x",
        "legal_basis": "x",
        "retention_days": 1,
        "purposes": ["missing_person"],
    }
    return {
        "gallery_new": {**register, "source": "x", "source_kind": "arrest_photographs"},
        "gallery_sources": {"register": "x"},
        "gallery_source_remove": {},
        "register_new": {**register, "kind": "arrest_photographs"},
        "register": {"name": "x", "retention_days": 1, "purposes": ["missing_person"]},
        "register_retire": {},
        "enrolment_new": {"reference": "x", "submission_key": uuid.uuid4()},
        "gallery_reviews_keep": {"item": [ReviewItem.objects.get().pk], "confirmed": "yes"},
        "gallery_review": {"decision": "discard"},
        "gallery_quality": {"duplicate_check": "off"},
        "gallery_scores_measure": {"submission_key": uuid.uuid4()},
        "gallery_scores_threshold": {"one_in": 100},
        "gallery_hygiene": {"submission_key": uuid.uuid4()},
        "subject_best": {"image": ground.image.pk},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
