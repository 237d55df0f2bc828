from django.urls import path

from galleries.models import ErasureTarget
from galleries.views import erasures

urlpatterns = [
    path("erasures/", erasures.erasure_list, name="erasures"),
    path("erasures/<uuid:pk>/", erasures.erasure_detail, name="erasure"),
    path("erasures/<uuid:pk>/receipt/", erasures.erasure_receipt, name="erasure_receipt"),
    path("erasures/<uuid:pk>/retry/", erasures.erasure_retry, name="erasure_retry"),
    *(
        path(f"{place}/<uuid:pk>/erase/", erasures.erase, {"target": target}, name=f"erase_{name}")
        for place, name, target in (
            ("images", "image", ErasureTarget.IMAGES),
            ("subjects", "subject", ErasureTarget.SUBJECTS),
            ("galleries", "gallery", ErasureTarget.GALLERY),
            ("probes", "probe", ErasureTarget.PROBE),
        )
    ),
]
