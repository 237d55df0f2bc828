"""django-allauth's hooks for log-in by password, its mails, and the proof asked for again."""

from functools import partial
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.login import attempts, known_browsers, records
from accounts.login.single_sign_on.sessions import METHOD, agency_of_session, last_method
from accounts.models import User
from accounts.services.account import change_password
from accounts.services.locking import may_log_in
from portal.http import source_of
from portal.post import send_soon

REFUSED = _("That e-mail address and password do not belong together, or the account is locked.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        # One text for an unknown address, a wrong password and an account that is locked.
        "email_password_mismatch": REFUSED,
        "too_many_login_attempts": _("Too many attempts from here. Wait a quarter of an hour."),
        "incorrect_password": _("That is not your password."),
        "invalid_password_reset": _("This link was used already, or is too old. Ask for another."),
        "rate_limited": _("Too many attempts from here. Wait a quarter of an hour."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation only."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Paths of this site only; allauth would allow every host that the site answers to."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return source_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Failures count for the address of the network as well as for the account."""
        attempt = attempts.begin(request)
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            attempt.rollback()
        return user

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """The last step of every way in: nobody passes who was locked meanwhile.

        One transaction: nobody is logged in without the record of it, and one commit is waited for.
        """
        if not may_log_in(cast(User, user)):
            messages.error(request, str(REFUSED))
            raise ImmediateHttpResponse(redirect("account_login"))
        with transaction.atomic():
            super().login(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        messages.error(request, str(REFUSED))
        return redirect("account_login")

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if isinstance(user, User):
            if not known_browsers.is_known(request, user):
                self.send_notification_mail("accounts/mails/new_browser", user)
            known_browsers.remember(request, response, user)
        return response

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Check the password of a person who is logged in; failures count as at log-in."""
        again = self.authenticate(context.request, email=user.get_username(), password=password)
        return again is not None and again.pk == user.pk

    def get_login_stages(self) -> list[str]:
        """An agency's log-in stands for both factors: it asks for its own second one."""
        stages: list[str] = super().get_login_stages()
        if last_method(context.request) == METHOD:
            return [stage for stage in stages if not stage.startswith("allauth.mfa")]
        return stages

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who came by their agency's log-in proves themselves there."""
        if agency_of_session(context.request) is not None:
            url = reverse("sign_on_confirm")
            return [{"id": "sign_on", "description": "", "url": url}]
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return methods

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """A log-in of a few minutes ago is proof enough; allauth would ask at once again."""
        return not records.is_recent(context.request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """At a reset: recorded, and every session of the person ends by it."""
        person = cast(User, user)
        actor = Actor(person.pk, person.email, None, frozenset(), source_of(context.request))
        change_password(actor=actor, user=person, password=password)

    # --- Mails ------------------------------------------------------------------------------

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Built from the setting: a request's Host header is whatever its sender wrote."""
        path = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}
        ).replace("UID-KEY", key)
        return settings.BASE_URL + path

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the person's language, once what it tells has happened."""
        language = User.objects.filter(email=email).values_list("language", flat=True).first()
        facts = {"email": email, "base_url": settings.BASE_URL, **context}
        with translation.override(language or translation.get_language()):
            message: EmailMessage = self.render_mail(template_prefix, email, facts)
        transaction.on_commit(partial(send_soon, message))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        super().send_notification_mail(template_prefix, user, context, user.get_username())
