"""One's own API tokens, and those of the agency for its admins."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.faults import Fault
from accounts.forms_access import TokenForm
from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.labels import permission_label
from accounts.login.fresh import fresh
from accounts.models import ApiToken
from accounts.permissions import Permission
from accounts.services.tokens import create_token, revoke_token
from portal.paging import page_of


def _page(request: AgencyRequest, *, all_of_agency: bool) -> HttpResponse:
    tokens = ApiToken.objects.select_related("user")
    if not all_of_agency:
        tokens = tokens.filter(user=request.user)
    page = page_of(request, tokens)
    for token in page:
        token.words = [permission_label(name) for name in token.permissions]  # type: ignore[attr-defined]
    context = {"page": page, "all_of_agency": all_of_agency}
    return render(request, "accounts/token_list.html", context)


@require_safe
def token_list(request: AgencyRequest) -> HttpResponse:
    return _page(request, all_of_agency=False)


@require_safe
@needs(Permission.MANAGE_TOKENS)
def agency_tokens(request: AgencyRequest) -> HttpResponse:
    return _page(request, all_of_agency=True)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh
def token_new(request: AgencyRequest) -> HttpResponse:
    """The answer to the form is the one time that the token is shown: it is stored nowhere."""
    most = request.policy.token_max_days
    form = TokenForm(request.actor.permissions, most, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, text = create_token(
                actor=request.actor,
                name=form.cleaned_data["name"],
                permissions={Permission(name) for name in form.cleaned_data["permissions"]},
                days=form.cleaned_data["days"],
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            return render(request, "accounts/token_made.html", {"token": token, "text": text})
    status = 422 if form.errors else 200
    return render(request, "accounts/token_new.html", {"form": form}, status=status)


@require_POST
def token_revoke(request: AgencyRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.all(), pk=pk)
    revoke_token(actor=request.actor, token=token)
    return redirect("tokens" if token.user_id == request.user.pk else "agency_tokens")
