"""Log-in by e-mail, log-out, and the switch of agency."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.http import AgencyRequest
from accounts.middleware import SESSION_KEY
from accounts.services.sessions import switch_agency


class EmailAuthenticationForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("That e-mail address and password do not belong together."),
        "inactive": _("That e-mail address and password do not belong together."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: object, **kwargs: object) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, object]:
        self.cleaned_data["username"] = str(self.cleaned_data.get("username", "")).strip().lower()
        return super().clean()


class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = EmailAuthenticationForm
    redirect_authenticated_user = True


class LogoutView(auth_views.LogoutView):
    pass


@require_POST
def switch(request: AgencyRequest) -> HttpResponse:
    """Work in another of one's agencies; an agency one does not belong to changes nothing."""
    wanted = request.POST.get("agency", "")
    for agency in request.agencies:
        if str(agency.pk) == wanted:
            request.session[SESSION_KEY] = agency.pk
            switch_agency(actor=request.actor, agency=agency)
    return redirect("home")
