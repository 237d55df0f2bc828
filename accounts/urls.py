from django.urls import path

from accounts.views import account, invitations, people, platform_acts

urlpatterns = [
    path("agency/platform-acts/", platform_acts.platform_acts, name="platform_acts"),
    path("agency/switch/", account.switch, name="switch_agency"),
    path("people/", people.people, name="people"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/invitations/", people.invitations, name="invitations"),
    path("people/<int:pk>/", people.member, name="member"),
    path("people/<int:pk>/deactivate/", people.member_deactivate, name="member_deactivate"),
    path(
        "people/<int:pk>/factors/reset/",
        people.member_factors_reset,
        name="member_factors_reset",
    ),
    path("people/<int:pk>/reactivate/", people.member_reactivate, name="member_reactivate"),
    path(
        "people/invitations/<uuid:pk>/resend/",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "people/invitations/<uuid:pk>/revoke/",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password_change"),
    path("i18n/setlang/", account.set_language, name="set_language"),
]
