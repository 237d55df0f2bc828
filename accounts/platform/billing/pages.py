"""What the pages of invoices have in common: one form, one act, one answer."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.faults import Fault
from accounts.license_documents import LicenseTampered
from accounts.platform.base import PlatformAdmin

Act = Callable[[dict[str, Any]], object]


def posted(request: HttpRequest) -> Any:
    """What a form is bound to: also a form without fields is sent."""
    return request.POST if request.method == "POST" else None


class ActPages(PlatformAdmin):
    """A page that says what will happen, asks for what is needed, and does it."""

    def found(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def page_of(self, row: Any) -> str:
        return reverse(f"admin:accounts_{self.opts.model_name}_change", args=[row.pk])

    def ask(
        self,
        request: HttpRequest,
        row: Any,
        form: forms.Form,
        act: Act,
        *,
        title: Any,
        words: Any,
        done: Any,
        back: str = "",
    ) -> HttpResponse:
        """The page of one act; `done` is said and `back` opened when it was done."""
        back = back or self.page_of(row)
        if request.method == "POST" and form.is_valid() and _do(form, act):
            messages.success(request, done)
            return redirect(back)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context |= {"title": title, "words": words, "original": row, "back": back}
        status = 422 if form.errors else 200
        return render(request, "accounts/platform/billing/act.html", context, status=status)


def _do(form: forms.Form, act: Act) -> bool:
    """Whether the act was done; what was refused stands on the form."""
    try:
        act(form.cleaned_data)
    except Fault as fault:
        form.add_error(None, fault.as_validation_error())
    except (ValidationError, LicenseTampered) as error:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))
    return not form.errors
