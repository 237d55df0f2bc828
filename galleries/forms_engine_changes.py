"""Forms of a change of engine."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from galleries.engine_change_queries import Offer
from galleries.models.engine_change import MOST_PER_MINUTE
from galleries.models.shadow_search import MOST_SEARCHES
from searches.forms import OnceForm


def _throttle() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Pictures per minute at most"),
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text=_("Empty is full speed. A lower number leaves workers free for searches."),
    )


class StartForm(forms.Form):
    contract = forms.ChoiceField(
        label=_("Engine"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the installation's engines.")},
    )
    throttle = _throttle()

    def __init__(self, offers: Sequence[Offer], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["contract"])
        choice.choices = [
            (offer.facts.contract.id, offer.kind)
            for offer in offers
            if offer.facts and offer.can_be_chosen
        ]


class PaceForm(forms.Form):
    throttle = _throttle()


class SwitchForm(forms.Form):
    """Asks for the number of pictures that are given up, when there are any."""

    losses = forms.IntegerField(label=_("Number of rejected pictures given up"), min_value=0)

    def __init__(self, rejected: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rejected = rejected
        if not rejected:
            del self.fields["losses"]

    @property
    def accepted(self) -> int:
        return int(self.cleaned_data.get("losses", 0))


class CompareForm(OnceForm):
    searches = forms.IntegerField(
        label=_("Pictures to search for"),
        min_value=1,
        max_value=MOST_SEARCHES,
        initial=200,
        help_text=_("One of each drawn subject that has at least two. The more, the surer."),
    )
