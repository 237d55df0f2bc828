"""Every component in every state on one page, for who builds pages: with CANDOR_DEBUG only."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.design_charts import sample_charts

# The custom properties of candor.css, ground first and what stands on it after it.
COLOURS = ("paper", "surface", "sunken", "line", "edge", "ink", "muted")
MEANINGS = ("accent", "good", "wait", "bad")
BADGES = {"": "Open", "done": "Done", "queued": "Waiting", "failed": "Failed"}


class Sample(forms.Form):
    """One field of each kind."""

    text = forms.CharField(label="Text", help_text="What to write, and who will read it.")
    choice = forms.ChoiceField(label="Choice", choices=[("", "Choose"), ("a", "One"), ("b", "Two")])
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    words = forms.CharField(label="Words", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    file = forms.FileField(label="File", required=False)


def wrong_sample() -> Sample:
    """The form as it comes back with mistakes in its fields and one in all of it."""
    given = {"wrong-text": "", "wrong-choice": "a", "wrong-day": "31.02.2026"}
    form = Sample(given, prefix="wrong")
    form.add_error(None, "Nothing was saved. Correct what is marked below.")
    return form


@require_safe
@login_not_required
def design(request: HttpRequest) -> HttpResponse:
    """The page; 404 without debugging, since it belongs to nobody's work."""
    if not settings.DEBUG:
        raise Http404
    shown: dict[str, Any] = {
        "colours": COLOURS,
        "meanings": MEANINGS,
        "badges": BADGES,
        "form": Sample(),
        "wrong": wrong_sample(),
        "charts": sample_charts(),
        "page": Paginator(range(60), 20).page(2),
    }
    return render(request, "portal/design/page.html", shown)
