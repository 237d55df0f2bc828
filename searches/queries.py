"""What the pages list."""

from django.db.models import (
    BooleanField,
    Count,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from accounts.actor import Actor
from accounts.permissions import Permission
from searches.case_words import case_words, search_words
from searches.models import (
    Case,
    CaseMember,
    CaseStatus,
    Conclusion,
    FaceImage,
    Gallery,
    GallerySource,
    Search,
    SearchDraft,
    Subject,
)

# Which of the cases that a person may see a list shows.
MINE, OWNED = "member", "owner"


def seen_by(actor: Actor, case: str = "pk") -> Q:
    """The rows whose case (the column `case`) this actor may see: searches.access for lists."""
    if actor.user_id is None or actor.can(Permission.VIEW_ALL_CASES):
        return Q()
    return _of_member(actor, case)


def locked(search: str = "") -> Func:
    """Whether the results of a search are locked; the database says it (migration 0008)."""
    at = f"{search}__" if search else ""
    columns = F(f"{at}agency_id"), F(f"{at}id")
    return Func(*columns, function="searches_locked", output_field=BooleanField())


def _of_member(actor: Actor, case: str) -> Q:
    own = CaseMember.objects.filter(user_id=actor.user_id or 0, ended_at=None)
    return Q(**{f"{case}__in": own.values("case")})


def cases(actor: Actor, text: str = "", *, status: str = "", whose: str = "") -> QuerySet[Case]:
    """The cases that the actor may see, newest first, with the number of their searches.

    Filtered by number or title, by status, and by what the actor is in them.
    """
    seen = Case.objects.filter(seen_by(actor)).select_related("category")
    found = seen.annotate(search_count=_number_of(Search, "case")).order_by("-created_at")
    if status in CaseStatus.values:
        found = found.filter(status=status)
    if whose == MINE:
        found = found.filter(_of_member(actor, "pk"))
    elif whose == OWNED:
        found = found.filter(owner_id=actor.user_id)
    return found.filter(case_words(found, text)) if text else found


def drafts_of(actor: Actor) -> QuerySet[SearchDraft]:
    """The actor's own drafts of searches, the one saved last first; nobody else's for anybody."""
    own = SearchDraft.objects.filter(_of_member(actor, "case"), owner_id=actor.user_id or 0)
    return own.select_related("case", "probe").order_by("-saved_at")


def searches(actor: Actor, text: str = "") -> QuerySet[Search]:
    """The searches that the actor may see, newest first, filtered by their case.

    With the `outcome` of those that are concluded. How many candidates there are is not told.
    """
    seen = Search.objects.filter(seen_by(actor, "case"))
    outcome = Conclusion.objects.filter(search=OuterRef("pk")).values("outcome")[:1]
    rows = seen.annotate(outcome=Subquery(outcome), is_locked=locked())
    found = rows.select_related("case", "probe").order_by("-created_at")
    return found.filter(search_words(found, text)) if text else found


def galleries(text: str = "") -> QuerySet[Gallery]:
    """Galleries with the numbers of their subjects and images, filtered by name or source."""
    found = Gallery.objects.annotate(
        subject_count=_number_of(Subject, "gallery"), image_count=_number_of(FaceImage, "gallery")
    ).order_by("name")
    return found.filter(gallery_words(text)) if text else found


def gallery_words(text: str) -> Q:
    """Galleries whose own name, or a register's of theirs, contains the text."""
    source = GallerySource.objects.filter(register__name__icontains=text, removed_at=None)
    return Q(name__icontains=text) | Q(pk__in=source.values("gallery"))


def _number_of(model: type[Subject] | type[FaceImage] | type[Search], of: str) -> Coalesce:
    """How many a row has; asked for the rows of one page, where a join would ask for all."""
    rows = model.objects.filter(**{of: OuterRef("pk")}).order_by()
    counted = rows.values(of).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())
