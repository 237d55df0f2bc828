from django.urls import path

from galleries.api import import_rejected, imports

urlpatterns = [
    path("galleries/<uuid:pk>/imports/", imports.Imports.as_view(), name="api_imports"),
    path("imports/", imports.AllImports.as_view(), name="api_all_imports"),
    path("imports/<uuid:pk>/", imports.OneImport.as_view(), name="api_import"),
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
    path("imports/<uuid:pk>/<slug:act>/", imports.ImportAct.as_view(), name="api_import_act"),
]
