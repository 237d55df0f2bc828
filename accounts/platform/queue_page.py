"""The queue on the platform's pages: counts, ages and codes of all agencies together."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.faults import Fault
from accounts.models.staff import MIN_REASON
from accounts.platform.base import actor_in
from accounts.services.retrying import is_retryable, retry_failed
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.queue_rows import Waiting, kept_jobs, open_jobs

KINDS = {
    "search": _("Searches"),
    "probe": _("Pictures of searches"),
    "enrolment": _("Enrolments"),
    "erasure": _("Erasures"),
    "hygiene": _("Hygiene runs"),
    "shadow_search": _("Shadow searches"),
    "import": _("Imports"),
    "engine_change": _("Changes of engine"),
    "webhook": _("Webhooks"),
    "signed_head": _("Signed heads"),
}
STATES = {
    "queued": _("Waiting"),
    "running": _("Running"),
    "held": _("Wait for a person"),
    "failed": _("Failed in the last seven days"),
}


class RetryForm(forms.Form):
    jobs = forms.ChoiceField(label=_("What to try again"), widget=UnfoldAdminRadioSelectWidget())
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What was broken, and is mended. The agencies read it."),
        min_length=MIN_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
    )

    def __init__(self, rows: list[Waiting], data: Any = None) -> None:
        super().__init__(data)
        choices = [
            (f"{row.kind} {row.code}", f"{KINDS[row.kind]}: {row.code} ({row.jobs})")
            for row in rows
            if row.state == "failed" and is_retryable(row.kind, row.code)
        ]
        self.fields["jobs"].choices = choices  # type: ignore[attr-defined]

    @property
    def is_offered(self) -> bool:
        return bool(self.fields["jobs"].choices)  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def queue_page(request: HttpRequest) -> HttpResponse:
    """What waits, runs and failed; of some of it, another try. Looking is recorded."""
    from accounts.platform.site import site

    rows = [*open_jobs(), *kept_jobs()]
    form = RetryForm(rows, request.POST if request.method == "POST" else None)
    if form.is_valid():
        kind, _space, code = form.cleaned_data["jobs"].partition(" ")
        try:
            jobs = retry_failed(
                actor=actor_in(request), kind=kind, code=code, reason=form.cleaned_data["reason"]
            )
        except Fault as fault:
            form.add_error(None, fault.as_validation_error())
        else:
            told = ngettext("%(n)s job waits again.", "%(n)s jobs wait again.", jobs)
            messages.success(request, told % {"n": jobs})
            return redirect("admin:queue")
    record(actor_in(request), Action.PLATFORM_LISTED, None, {"model": "queue", "rows": len(rows)})
    context = {**site.each_context(request), "title": _("Queue"), "form": form}
    context["rows"] = [
        {"kind": KINDS[row.kind], "state": STATES[row.state], "row": row, "minutes": row.age // 60}
        for row in rows
    ]
    status = 422 if form.errors else 200
    return render(request, "accounts/platform/queue.html", context, status=status)
