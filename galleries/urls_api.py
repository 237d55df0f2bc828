from django.urls import include, path

from galleries.api import (
    enrolments,
    erasures,
    expiring,
    galleries,
    holds,
    images,
    import_events,
    import_rejected,
    imports,
    pictures,
    quality,
    registers,
    retention_runs,
    reviews,
    subject_export,
    subjects,
    upkeep,
)
from galleries.models import ErasureTarget

ERASED = (
    ("images", "image", ErasureTarget.IMAGES),
    ("subjects", "subject", ErasureTarget.SUBJECTS),
    ("galleries", "gallery", ErasureTarget.GALLERY),
    ("probes", "probe", ErasureTarget.PROBE),
)

urlpatterns = [
    path("galleries/", galleries.Galleries.as_view(), name="api_galleries"),
    path("galleries/<uuid:pk>/", galleries.OneGallery.as_view(), name="api_gallery"),
    path(
        "galleries/<uuid:pk>/sources/",
        galleries.GallerySources.as_view(),
        name="api_gallery_sources",
    ),
    path(
        "galleries/<uuid:pk>/sources/<uuid:register>/",
        galleries.GallerySource.as_view(),
        name="api_gallery_source",
    ),
    path("registers/", registers.Registers.as_view(), name="api_registers"),
    path("registers/<uuid:pk>/", registers.OneRegister.as_view(), name="api_register"),
    path(
        "registers/<uuid:pk>/retire/", registers.RegisterEnd.as_view(), name="api_register_retire"
    ),
    path("galleries/<uuid:pk>/subjects/", subjects.Subjects.as_view(), name="api_subjects"),
    path(
        "galleries/<uuid:pk>/subjects.csv",
        subject_export.SubjectsExport.as_view(),
        name="api_subjects_export",
    ),
    path("subjects/<uuid:pk>/", subjects.OneSubject.as_view(), name="api_subject"),
    path("subjects/<uuid:pk>/best/", subjects.BestImage.as_view(), name="api_subject_best"),
    path("images/<uuid:pk>/", images.OneImage.as_view(), name="api_image"),
    path("galleries/<uuid:pk>/enrolments/", enrolments.Enrolments.as_view(), name="api_enrolments"),
    path("enrolments/<uuid:pk>/", enrolments.OneEnrolment.as_view(), name="api_enrolment"),
    path("galleries/<uuid:pk>/hygiene/", upkeep.Hygiene.as_view(), name="api_hygiene"),
    path("galleries/<uuid:pk>/quality/", quality.Quality.as_view(), name="api_quality"),
    path("galleries/<uuid:pk>/retention/", upkeep.Rule.as_view(), name="api_gallery_retention"),
    path("reviews/", reviews.Reviews.as_view(), name="api_reviews"),
    path("reviews/keep/", reviews.Keep.as_view(), name="api_reviews_keep"),
    path("reviews/<uuid:pk>/", reviews.OneReview.as_view(), name="api_review"),
    path("reviews/<uuid:pk>/decision/", reviews.Decision.as_view(), name="api_review_decision"),
    path("erasures/", erasures.Erasures.as_view(), name="api_erasures"),
    path("erasures/<uuid:pk>/", erasures.OneErasure.as_view(), name="api_erasure"),
    path(
        "erasures/<uuid:pk>/receipt/",
        erasures.ErasureReceipt.as_view(),
        name="api_erasure_receipt",
    ),
    path("erasures/<uuid:pk>/retry/", erasures.ErasureRetry.as_view(), name="api_erasure_retry"),
    *(
        path(
            f"{place}/<uuid:pk>/erasure/",
            erasures.erase_view(name, target),
            name=f"api_erase_{name}",
        )
        for place, name, target in ERASED
    ),
    path("holds/", holds.Holds.as_view(), name="api_holds"),
    path("holds/<uuid:pk>/release/", holds.HoldEnd.as_view(), name="api_hold_release"),
    path("retention/", expiring.Preview.as_view(), name="api_retention"),
    path("retention/expiring/", expiring.Expiring.as_view(), name="api_retention_expiring"),
    path("retention-runs/", retention_runs.Runs.as_view(), name="api_retention_runs"),
    path("retention-runs/<uuid:pk>/", retention_runs.OneRun.as_view(), name="api_retention_run"),
    path(
        "retention-runs/<uuid:pk>/receipt/",
        retention_runs.RunReceipt.as_view(),
        name="api_retention_receipt",
    ),
    path("galleries/<uuid:pk>/imports/", imports.Imports.as_view(), name="api_imports"),
    path("imports/", imports.AllImports.as_view(), name="api_all_imports"),
    path("imports/<uuid:pk>/", imports.OneImport.as_view(), name="api_import"),
    path(
        "imports/<uuid:pk>/events/",
        import_events.ImportEvents.as_view(),
        name="api_import_events",
    ),
    path(
        "imports/<uuid:pk>/rejected/",
        import_rejected.RejectedFiles.as_view(),
        name="api_import_rejected",
    ),
    path(
        "imports/<uuid:pk>/rejected.csv",
        import_rejected.RejectedCsv.as_view(),
        name="api_import_rejected_csv",
    ),
    path(
        "imports/<uuid:pk>/rejected.zip",
        import_rejected.RejectedZip.as_view(),
        name="api_import_rejected_zip",
    ),
    *pictures.urlpatterns,
    path("", include("galleries.urls_api_sharing")),
    path("", include("galleries.urls_api_engine_changes")),
    path("imports/<uuid:pk>/<slug:act>/", imports.ImportAct.as_view(), name="api_import_act"),
]
