"""The loser of a race for a name is told so, as if somebody had been there before."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Agency
from searches.models import Case
from searches.saving import save_unique
from tests.factories import make_case

pytestmark = pytest.mark.django_db


def test_a_number_taken_between_check_and_save_is_a_validation_error(
    in_alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Case(number="2026-001", opened_by_label="x", agency_id=in_alder.pk)
    late.title = "x"
    check = late.full_clean
    calls = []

    def first_sees_nothing() -> None:
        calls.append(1)
        if len(calls) == 1:
            make_case(in_alder, "2026-001")  # the other one is quicker
        else:
            check()

    monkeypatch.setattr(late, "full_clean", first_sees_nothing)
    with pytest.raises(ValidationError):
        save_unique(late)
    assert Case.objects.count() == 1
