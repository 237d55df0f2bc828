"""Quality, hygiene and the review queue."""

from django.urls import path

from galleries.views import quality, reviews

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
    path("subjects/<uuid:pk>/best/", quality.subject_best, name="subject_best"),
]
