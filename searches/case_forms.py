"""Forms about cases. What they check again, the services and the database check too."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission, roles_with
from accounts.purposes import Purpose
from searches.faults import Fault
from searches.models import Case, CaseCategory
from searches.models.case import MAX_CAP, MAX_TITLE
from searches.services.case_notes import MAX_NOTE


class CategoryChoice(forms.ModelChoiceField[CaseCategory]):
    """Categories with the purpose that follows from each."""

    def label_from_instance(self, category: Any) -> str:
        return f"{category.name} ({category.get_purpose_display()})"


class CaseForm(forms.ModelForm[Case]):
    """Asks for one of the agency's categories, or for the purpose where it has no list."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    category = CategoryChoice(
        queryset=None,
        label=_("Category"),
        empty_label=_("Choose"),
        help_text=_(
            "Of your agency's list. The purpose of the case follows from it, and neither can be"
            " changed afterwards."
        ),
    )

    class Meta:
        model = Case
        fields = ["number", "purpose"]
        help_texts = {
            "number": _("As in your case management system. It cannot be changed afterwards."),
            "purpose": _("What the case is about. It cannot be changed afterwards."),
        }

    field_order = ("number", "title", "category", "purpose")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_use = CaseCategory.objects.filter(retired_at=None)
        if not in_use.exists():
            del self.fields["category"]
            purpose = cast(forms.ChoiceField, self.fields["purpose"])
            purpose.choices = [("", _("Choose")), *Purpose.choices]
            return
        del self.fields["purpose"]
        cast(CategoryChoice, self.fields["category"]).queryset = in_use


class MemberForm(forms.Form):
    """One of the people who could be added to a case; the service looks at the person again."""

    person = forms.TypedChoiceField(label=_("Person"), coerce=int)

    def __init__(self, people: Iterable[Membership], data: Any = None) -> None:
        super().__init__(data)
        offered = [(m.user_id, f"{m.user.name} ({m.user.email})") for m in people]
        cast(forms.ChoiceField, self.fields["person"]).choices = [("", _("Choose")), *offered]


class OwnerForm(MemberForm):
    """One of the people who could own the case."""

    def __init__(self, case: Case, data: Any = None) -> None:
        roles = roles_with(Permission.WORK_ON_CASES)
        people = Membership.objects.filter(deactivated_at=None, roles__overlap=roles)
        others = people.exclude(user_id=case.owner_id or 0).select_related("user")
        super().__init__(others.order_by("user__name", "pk"), data)
        person = self.fields["person"]
        person.label = _("New owner")
        person.help_text = _(
            "Whoever is no member yet becomes one. The owner before stays a member."
        )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=MAX_NOTE,
        help_text=_("A note cannot be changed or deleted."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_NOTE,
        help_text=_("At least 10 characters. It is kept as a note of the case."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"]).strip()
        if len(reason) < MIN_REASON:
            raise Fault("reason_too_short").as_validation_error()
        return reason


class CapForm(ReasonForm):
    cap = forms.IntegerField(
        label=_("Searches at most"),
        min_value=1,
        max_value=MAX_CAP,
        help_text=_("Fewer than were used so far means that there are no further ones."),
    )
    field_order = ("cap", "reason")


class CategoryForm(forms.ModelForm[CaseCategory]):
    class Meta:
        model = CaseCategory
        fields = ["name", "purpose"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purpose = cast(forms.ChoiceField, self.fields["purpose"])
        purpose.choices = [("", _("Choose")), *Purpose.choices]


class CategoryNameForm(forms.ModelForm[CaseCategory]):
    class Meta:
        model = CaseCategory
        fields = ["name"]
