"""What is done to galleries: imports, retention, legal holds and erasures."""

import uuid

from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import make_erasure
from tests.galleries.cast_retention import full_retention
from tests.galleries.imports_cast import full_imports

OF_IMPORT = (
    *("import", "import_upload", "import_rejected", "import_cancel", "import_close"),
    *("import_rejected_csv", "import_rejected_zip"),
)
OF_IMPORTS = ("imports", "import_new", "import_picture", *OF_IMPORT)
IMPORT_ACTS = ("import_start", "import_pause", "import_resume")

TABLE: Table = {
    "retention": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_csv": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_run_now": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_runs": [403, 403, 200, 200, 200, 200, 403, L],
    "retention_run": [403, 403, 200, 200, 200, 404, 403, L],
    "retention_receipt": [403, 403, 200, 200, 200, 404, 403, L],
    "gallery_retention": [403, 403, 403, 403, 200, 404, 403, L],
    "holds": [200, 403, 200, 200, 200, 200, 403, L],
    "hold_release": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_gallery": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_subject": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_image": [403, 403, 403, 403, 200, 404, 403, L],
    "erasures": [403, 403, 200, 200, 200, 200, 403, L],
    "erasure": [403, 403, 200, 200, 200, 404, 403, L],
    "erasure_receipt": [403, 403, 404, 404, 404, 404, 403, L],
    "erasure_retry": [403, 403, 409, 403, 409, 404, 403, L],
    "erase_image": [403, 403, 200, 403, 200, 404, 403, L],
    "erase_subject": [403, 403, 200, 403, 200, 404, 403, L],
    "erase_gallery": [403, 403, 200, 403, 200, 404, 403, L],
    # Whoever erases a probe sees its case.
    "erase_probe": [403, 403, 200, 403, 403, 404, 403, L],
    **{name: [403, 403, 403, 403, 200, 404, 403, L] for name in OF_IMPORTS},
    # Said on the import's page when it is not the time for it.
    **{name: [403, 403, 403, 403, 302, 404, 403, L] for name in IMPORT_ACTS},
}
POST_ONLY = (*IMPORT_ACTS, "erasure_retry")


def arguments(ground: Ground) -> Arguments:
    gallery, image = ground.gallery, ground.image
    erasure = make_erasure(gallery)
    imported, _ = full_imports(gallery)
    run, hold = full_retention(ground.alder)
    of_gallery = ("gallery_retention", "hold_gallery", "erase_gallery", "imports", "import_new")
    return {
        **{name: [gallery.pk] for name in of_gallery},
        "retention_run": [run.pk],
        "retention_receipt": [run.pk],
        "hold_release": [hold.pk],
        "hold_subject": [image.subject_id],
        "hold_image": [image.pk],
        **{name: [erasure.pk] for name in ("erasure", "erasure_receipt", "erasure_retry")},
        "erase_image": [image.pk],
        "erase_subject": [image.subject_id],
        "erase_probe": [ground.probe.pk],
        **{name: [imported.pk] for name in (*OF_IMPORT, *IMPORT_ACTS)},
        "import_picture": [imported.entries.get().pk],
    }


def posts(ground: Ground) -> Posts:
    reason = "For a good reason"
    return {
        "erasure_retry": {},
        **{f"erase_{name}": {} for name in ("image", "subject", "gallery", "probe")},
        "retention_run_now": {},
        "gallery_retention": {"days": 1, "confirmed": "on"},
        "hold_release": {"reason": reason},
        **{
            f"hold_{of}": {"reason": reason, "submission_key": uuid.uuid4()}
            for of in ("gallery", "subject", "image")
        },
        "import_new": {
            "archive_name": "x.zip",
            "archive_size": 10,
            "submission_key": uuid.uuid4(),
        },
        **{name: {} for name in (*IMPORT_ACTS, "import_cancel", "import_close")},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
