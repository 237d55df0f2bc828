"""Quality, hygiene and the review queue."""

from django.urls import path

from galleries.views import quality, reviews, scores

urlpatterns = [
    path("galleries/reviews/", reviews.review_list, name="gallery_reviews"),
    path("galleries/reviews/keep/", reviews.review_keep, name="gallery_reviews_keep"),
    path("galleries/reviews/<uuid:pk>/", reviews.review_detail, name="gallery_review"),
    path(
        "galleries/reviews/<uuid:pk>/picture/",
        reviews.review_picture,
        name="gallery_review_picture",
    ),
    path("galleries/<uuid:pk>/quality/", quality.gallery_quality, name="gallery_quality"),
    path("galleries/<uuid:pk>/hygiene/", quality.gallery_hygiene, name="gallery_hygiene"),
    path("galleries/<uuid:pk>/scores/", scores.gallery_scores, name="gallery_scores"),
    path(
        "galleries/<uuid:pk>/scores/measure/",
        scores.gallery_scores_measure,
        name="gallery_scores_measure",
    ),
    path(
        "galleries/<uuid:pk>/scores/threshold/",
        scores.gallery_scores_threshold,
        name="gallery_scores_threshold",
    ),
    path("subjects/<uuid:pk>/best/", quality.subject_best, name="subject_best"),
]
