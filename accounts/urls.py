from django.urls import path

from accounts.views import login

urlpatterns = [
    path("login/", login.LoginView.as_view(), name="login"),
    path("logout/", login.LogoutView.as_view(), name="logout"),
    path("agency/switch/", login.switch, name="switch_agency"),
]
