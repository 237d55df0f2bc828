"""Forms of single sign-on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.faults import Fault
from accounts.models import IdentityProvider, SecondFactorRule


class AddressForm(forms.Form):
    """Which agency's log-in a person wants to use."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}),
    )


class ProviderForm(forms.ModelForm[IdentityProvider]):
    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=True,
        max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )
    second_factor = forms.ChoiceField(
        label=_("Second factor"),
        choices=SecondFactorRule.choices,
        initial=SecondFactorRule.NONE,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = IdentityProvider
        fields = [
            "name",
            "issuer",
            "client_id",
            "second_factor",
            "second_factor_values",
            "addresses_verified",
        ]
        widgets = {"issuer": forms.URLInput({"spellcheck": "false"})}
        help_texts = {
            "name": _("Such as the name of your agency."),
            "issuer": _("The address that the provider calls its issuer, exactly as it writes it."),
            "second_factor_values": _("Separated by spaces, such as: mfa hwk"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance._state.adding
        self.fields["client_secret"].required = is_new
        if not is_new:
            self.fields["client_secret"].help_text = _("Leave empty to keep the one entered.")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        rule = values.get("second_factor", SecondFactorRule.NONE)
        if rule != SecondFactorRule.NONE and not values.get("second_factor_values", "").split():
            fault = Fault("sso_values_missing")
            self.add_error("second_factor_values", fault.as_validation_error())
        return values


class DomainForm(forms.Form):
    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("What stands behind the @ in your people's addresses."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
