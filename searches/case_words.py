"""Cases by what somebody types: numbers and titles lie sealed, so some of them are opened here.

A whole number is found by its mark, however many cases there are. A part of a number or title is
looked for in the newest cases alone, as many as are opened in a tenth of a second.
"""

from django.db.models import Q, QuerySet

from searches.marked import spellings
from searches.models import Case, Search
from searches.sealed import texts_of

LOOKED_THROUGH = 2000


def case_words(cases: QuerySet[Case], text: str) -> Q:
    """Those of these cases that have this number, or it in the number or title of a newer one."""
    like = text.strip().casefold()
    own = Case.objects.filter(pk__in=cases.order_by().values("pk")).order_by("-created_at")
    rows = list(own.only("agency_id", "number_sealed", "title_sealed")[:LOOKED_THROUGH])
    texts = zip(texts_of(rows, "number_sealed"), texts_of(rows, "title_sealed"), strict=True)
    words = zip(rows, texts, strict=True)
    found = [row.pk for row, (number, title) in words if like in f"{number}\n{title}".casefold()]
    return Q(number__in=spellings(text)) | Q(pk__in=found)


def search_words(searches: QuerySet[Search], text: str) -> Q:
    """The searches whose case `case_words` finds."""
    cases = Case.objects.filter(pk__in=searches.order_by().values("case"))
    return Q(case__in=cases.filter(case_words(cases, text)).values("pk"))
