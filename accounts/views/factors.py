"""Removing factors: allauth's pages, which leave nobody without one."""

from typing import Any

from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.login.factors import require_another
from accounts.models import User


class _KeepsOne:
    """Two removals at once must not take the last two factors: they come one by one."""

    request: Any

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        User.objects.select_for_update().get(pk=self.request.user.pk)
        try:
            require_another(self.get_authenticator())
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
            return redirect("mfa_index")
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response

    def get_authenticator(self) -> Any:
        raise NotImplementedError


class RemoveApp(_KeepsOne, DeactivateTOTPView):  # type: ignore[misc]
    def get_authenticator(self) -> Any:
        return self.authenticator


class RemovePasskey(_KeepsOne, RemoveWebAuthnView):  # type: ignore[misc]
    def get_authenticator(self) -> Any:
        return self.get_object()
