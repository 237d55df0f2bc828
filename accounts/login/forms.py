"""The forms of log-in: allauth's, with our labels and without placeholders."""

import struct
from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.login import attempts
from accounts.services.locking import may_log_in

# What fido2 raises for JSON of another shape, or with broken CBOR in it.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error)
CODE = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}


def _bare(form: forms.Form) -> None:
    """A placeholder is gone once it is needed; the label stays."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        self.fields["password"].help_text = ""

    def clean_login(self) -> str:
        return str(super().clean_login()).lower()


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["email"].label = _("E-mail address")


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)


class ReauthenticateForm(account.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["password"].widget.attrs["autofocus"] = True


class CodeForm(mfa.AuthenticateForm):  # type: ignore[misc]
    """The second step of log-in: a code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["code"].help_text = _("The six digits of your app, or a recovery code.")
        self.fields["code"].widget.attrs |= CODE

    def clean_code(self) -> str:
        if not may_log_in(self.user):  # locked since the password: no further guesses
            raise get_adapter().validation_error("incorrect_code")
        with attempts.counted(context.request):
            return str(super().clean_code())


class CodeAgainForm(mfa.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["code"].help_text = _("The six digits of your app, or a recovery code.")
        self.fields["code"].widget.attrs |= CODE

    def clean_code(self) -> str:
        with attempts.counted(context.request):
            return str(super().clean_code())


class ActivateForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bare(self)
        self.fields["code"].label = _("Code")
        self.fields["code"].help_text = _("The six digits that the app shows now.")
        self.fields["code"].widget.attrs |= CODE | {"inputmode": "numeric"}

    def clean_code(self) -> str:
        with attempts.counted(context.request):
            return str(super().clean_code())


class _Strict:
    """What is no answer of a passkey is refused; fido2 would raise whatever its shape causes."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _Counted(_Strict):
    """A passkey in the place of a code; log-in by passkey alone has allauth's limit of its own."""

    def clean_credential(self) -> Any:
        with attempts.counted(context.request):
            return super().clean_credential()


class PasskeyForm(_Counted, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second step of log-in by passkey."""


class PasskeyAloneForm(_Strict, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """Log-in by passkey without a password."""


class PasskeyAgainForm(_Counted, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """The proof by passkey before a dangerous act."""


class AddPasskeyForm(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("So that you know it again, such as: key on my key ring.")
        self.fields["name"].max_length = 60
        self.fields["passwordless"].label = _("Log in with it alone, without the password")
        self.fields["passwordless"].help_text = _(
            "The device then asks for your finger, face or PIN every time."
        )

    def clean(self) -> Any:
        try:
            return super().clean()
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class RenamePasskeyForm(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].max_length = 60
