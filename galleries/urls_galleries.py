from django.urls import path

from galleries.views import galleries, registers, sources, subjects

urlpatterns = [
    path("galleries/", galleries.gallery_list, name="galleries"),
    path("galleries/new/", galleries.gallery_new, name="gallery_new"),
    path("galleries/<uuid:pk>/", galleries.gallery_detail, name="gallery"),
    path("galleries/<uuid:pk>/sources/", sources.gallery_sources, name="gallery_sources"),
    path(
        "galleries/<uuid:pk>/sources/<uuid:register>/remove/",
        sources.gallery_source_remove,
        name="gallery_source_remove",
    ),
    path("galleries/<uuid:pk>/subjects.csv", subjects.subjects_export, name="subjects_export"),
    path("subjects/<uuid:pk>/", subjects.subject_detail, name="subject"),
    path("registers/", registers.register_list, name="registers"),
    path("registers/new/", registers.register_new, name="register_new"),
    path("registers/<uuid:pk>/", registers.register, name="register"),
    path("registers/<uuid:pk>/retire/", registers.register_retire, name="register_retire"),
]
