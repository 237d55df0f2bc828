"""Forms about people. What they check again, the services and the database check too."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, User
from accounts.models.agency import time_zones


class RolesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, **kwargs
        )


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
    roles = RolesField()
    language = forms.ChoiceField(label=_("Language of the e-mail"), choices=settings.LANGUAGES)


class RolesForm(forms.Form):
    roles = RolesField()

    def __init__(self, membership: Membership, data: Any = None) -> None:
        super().__init__(data, initial={"roles": membership.roles})


class JoinForm(forms.Form):
    """The same for people with and without an account: it must not tell which one this is."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("An account that exists already keeps its name."),
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        help_text=_(
            "The password of your Candor account. If you have none for this address yet, choose"
            " one: at least 15 characters, not easily guessed."
        ),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


def zone_choices() -> list[tuple[str, Any]]:
    """Places and UTC; the database's other names are aliases and what the server is set to."""
    names = sorted(
        name
        for name in time_zones()
        if name == "UTC" or ("/" in name and not name.startswith("Etc/"))
    )
    return [("", _("The agency's")), *((name, name) for name in names)]


class AccountForm(forms.ModelForm[User]):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("The browser's")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=zone_choices)

    class Meta:
        model = User
        fields = ["name", "language", "time_zone", "digest"]
