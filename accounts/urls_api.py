from django.urls import path

from accounts.api.me import MeView
from accounts.api.pictures import PictureView

urlpatterns = [
    path("me/", MeView.as_view(), name="api_me"),
    path("pictures/<str:signed>/", PictureView.as_view(), name="api_picture"),
]
