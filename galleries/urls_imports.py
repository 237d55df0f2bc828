from django.urls import path

from galleries.views import import_acts, import_rejected, import_upload, imports

urlpatterns = [
    path("galleries/<uuid:pk>/imports/", imports.import_list, name="imports"),
    path("galleries/<uuid:pk>/imports/new/", imports.import_new, name="import_new"),
    path("imports/<uuid:pk>/", imports.import_detail, name="import"),
    path("imports/<uuid:pk>/upload/", import_upload.import_upload, name="import_upload"),
    path("imports/<uuid:pk>/rejected/", import_rejected.import_rejected, name="import_rejected"),
    path(
        "imports/<uuid:pk>/rejected.csv",
        import_rejected.import_rejected_csv,
        name="import_rejected_csv",
    ),
    path(
        "imports/<uuid:pk>/rejected.zip",
        import_rejected.import_rejected_zip,
        name="import_rejected_zip",
    ),
    path("imports/files/<uuid:pk>/", import_rejected.import_picture, name="import_picture"),
    *(
        path(
            f"imports/<uuid:pk>/{act}/", import_acts.import_act, {"act": act}, name=f"import_{act}"
        )
        for act in import_acts.ACTS
    ),
    *(
        path(
            f"imports/<uuid:pk>/{act}/",
            import_acts.import_final_act,
            {"act": act},
            name=f"import_{act}",
        )
        for act in import_acts.FINAL_ACTS
    ),
]
