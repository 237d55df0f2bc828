"""django-allauth's hooks for second factors."""

from base64 import b64decode, b64encode
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.devices import in_words
from accounts.models import User
from portal import platform_key

IDENTITY = "second-factor"
REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That code is not right, or was used already. Wait for the next one."),
        "cannot_delete_authenticator": _(
            "This is your only second factor. Set up another one before you remove it."
        ),
    }

    def encrypt(self, text: str) -> str:
        """By the platform's key, which lies in the database wrapped by the master key alone."""
        return b64encode(platform_key.seal(text.encode(), IDENTITY)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return platform_key.unseal(b64decode(encrypted_text), IDENTITY).decode()

    def get_totp_issuer(self) -> str:
        return "Candor"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Nobody is left without a factor: recovery codes alone are none."""
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=REAL)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """A name to begin with: the browser and system that make the passkey."""
        return in_words(context.request.headers.get("User-Agent", ""))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the site's configured address, not to a request's Host header."""
        return {"id": urlsplit(settings.BASE_URL).hostname or "localhost", "name": "Candor"}


def require_another(authenticator: Authenticator) -> None:
    """Raise ValidationError when this is the person's last factor."""
    adapter = FactorAdapter()
    if not adapter.can_delete_authenticator(authenticator):
        raise ValidationError(
            adapter.error_messages["cannot_delete_authenticator"], "cannot_delete_authenticator"
        )


def has_factor(user: User) -> bool:
    """Whether the person has set up a code generator or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=REAL).exists())
