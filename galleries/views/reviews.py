"""The review queue: the list, one question side by side, and keeping many at once."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from galleries.forms_quality import DecisionForm
from galleries.models import ReviewDecision, ReviewItem, ReviewKind, ReviewState
from galleries.review_page import MEANINGS, choices_of, sides_of
from galleries.review_queries import RELATED, QueueFilter, review_or_404
from galleries.services.moving import may_decide, require_reviewer
from galleries.services.reviewing import decide_review, keep_all
from galleries.shown_pictures import held
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.paging import page_of
from searches.faults import Fault
from searches.models import Gallery
from searches.views.pictures import jpeg_response

AT_ONCE = 50


@require_safe
@needs(Permission.VIEW_GALLERIES)
def review_list(request: AgencyRequest) -> HttpResponse:
    chosen = QueueFilter.from_query(request.GET)
    context = {
        "page": page_of(request, chosen.rows().select_related(*RELATED)),
        "chosen": chosen,
        "kinds": ReviewKind.choices,
        "states": ReviewState.choices,
        "galleries": Gallery.objects.order_by("name"),
        "kept": request.GET.get("kept", ""),
        "can_decide": may_decide(request.actor),
    }
    return render(request, "galleries/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.VIEW_GALLERIES)
def review_detail(request: AgencyRequest, pk: UUID) -> HttpResponse:
    item, chosen = review_or_404(pk), QueueFilter.from_query(request.GET)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_reviewer(request.actor)
        if form.is_valid() and _decide(request, item, form):
            return _next(item, chosen)
    else:
        facts = {"gallery": str(item.gallery_id), "kind": item.kind}
        record(request.actor, Action.GALLERY_REVIEW_VIEWED, item, facts)
    context = {
        "item": item,
        "form": form,
        "chosen": chosen,
        "sides": sides_of(item),
        "choices": choices_of(item),
        "meaning": MEANINGS[item.kind],
        "can_decide": may_decide(request.actor),
    }
    status = 422 if form.errors else 200
    return render(request, "galleries/review.html", context, status=status)


def _decide(request: AgencyRequest, item: ReviewItem, form: DecisionForm) -> bool:
    try:
        decide_review(
            actor=request.actor,
            item=item,
            decision=ReviewDecision(form.cleaned_data["decision"]),
            reason=form.cleaned_data["reason"],
        )
    except Fault as fault:
        form.add_error(None, fault.as_validation_error())
        return False
    return True


def _next(item: ReviewItem, chosen: QueueFilter) -> HttpResponse:
    """The next open question behind this one; the list when there is none."""
    following = chosen.rows().filter(state=ReviewState.OPEN).exclude(pk=item.pk).first()
    if following is None:
        return redirect(f"{reverse('gallery_reviews')}?{chosen.query}")
    return redirect(f"{reverse('gallery_review', args=[following.pk])}?{chosen.query}")


@require_POST
@needs(Permission.VIEW_GALLERIES)
def review_keep(request: AgencyRequest) -> HttpResponse:
    """Keep the findings that were ticked; asks first, since they are not asked about again."""
    require_reviewer(request.actor)
    chosen, items = QueueFilter.from_query(request.GET), _ticked(request)
    if request.POST.get("confirmed") == "yes":
        kept = keep_all(actor=request.actor, items=list(items))
        return redirect(f"{reverse('gallery_reviews')}?{chosen.query}&kept={kept}")
    return render(request, "galleries/reviews_keep.html", {"items": items, "chosen": chosen})


def _ticked(request: AgencyRequest) -> QuerySet[ReviewItem]:
    keys = []
    for text in request.POST.getlist("item")[:AT_ONCE]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return may_be_kept(keys)


def may_be_kept(keys: Sequence[UUID]) -> QuerySet[ReviewItem]:
    """Those of these questions that are open findings."""
    rows = ReviewItem.objects.filter(pk__in=keys, state=ReviewState.OPEN)
    return rows.exclude(kind=ReviewKind.HELD).select_related(*RELATED)


@require_safe
@needs(Permission.VIEW_GALLERIES)
def review_picture(request: AgencyRequest, pk: UUID) -> HttpResponse:
    """The face of a held picture; gone with the decision on it."""
    return jpeg_response(held(request.actor, review_or_404(pk)))
