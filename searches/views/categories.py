"""The agency's list of case categories, kept by its administrators."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AgencyRequest
from accounts.permissions import Permission
from portal.paging import page_of
from searches.access import needs
from searches.case_forms import CategoryForm, CategoryNameForm
from searches.models import CaseCategory
from searches.services.categories import (
    add_category,
    rename_category,
    restore_category,
    retire_category,
)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_CATEGORIES)
def category_list(request: AgencyRequest) -> HttpResponse:
    form = CategoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_category(actor=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The category was added."))
            return redirect("categories")
    in_use_first = F("retired_at").asc(nulls_first=True)
    counted = CaseCategory.objects.annotate(case_count=Count("cases"))
    page = page_of(request, counted.order_by(in_use_first, "name"))
    status = 422 if form.errors else 200
    context = {"page": page, "form": form}
    return render(request, "searches/category_list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_CATEGORIES)
def category(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """One of the list: another name, and whether cases are opened by it."""
    row = get_object_or_404(CaseCategory, pk=pk)
    form = CategoryNameForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            rename_category(actor=request.actor, category=row, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("The category has its new name."))
            return redirect("categories")
    status = 422 if form.errors else 200
    shown = CaseCategory.objects.get(pk=row.pk)  # the form writes what was asked for on its row
    context = {"category": shown, "form": form, "case_count": shown.cases.count()}
    return render(request, "searches/category.html", context, status=status)


@require_POST
@needs(Permission.MANAGE_CATEGORIES)
def category_use(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """Retire a category, or take it into use again."""
    row = get_object_or_404(CaseCategory, pk=pk)
    if request.POST.get("use") == "on":
        restore_category(actor=request.actor, category=row)
    else:
        retire_category(actor=request.actor, category=row)
    return redirect("categories")
