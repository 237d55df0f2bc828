"""The examiner's pages. A face is named by its position alone: no address tells whose it is."""

from django.urls import path

from searches.views import workbench, workbench_pictures, workbench_taking

OWN = "examinations/<uuid:pk>/"
FACE = "examinations/<uuid:pk>/faces/<int:position>/"

urlpatterns = [
    path(
        "examinations/take/<uuid:pk>/", workbench_taking.examination_take, name="examination_take"
    ),
    path(OWN, workbench.examination, name="examination"),
    path(f"{OWN}submit/", workbench.examination_submit, name="examination_submit"),
    path(f"{OWN}return/", workbench_taking.examination_return, name="examination_return"),
    path(FACE, workbench.examination_face, name="examination_face"),
    path(f"{FACE}decide/", workbench.examination_decide, name="examination_decide"),
]
PICTURES = {
    "examination_probe_face": f"{OWN}probe/face/",
    "examination_probe_close_up": f"{OWN}probe/close-up/",
    "examination_probe_picture": f"{OWN}probe/picture/",
    "examination_probe_original": f"{OWN}probe/original/",
    "examination_face_portrait": f"{FACE}portrait/",
    "examination_face_close_up": f"{FACE}close-up/",
    "examination_face_picture": f"{FACE}picture/",
}
urlpatterns += [
    path(address, getattr(workbench_pictures, name), name=name)
    for name, address in PICTURES.items()
]
