"""What the pages list. Counting groups the rows, which drops a model's own ordering."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from searches.models import Case, FaceImage, Gallery, Search, Subject


def cases(text: str = "") -> QuerySet[Case]:
    """Cases, newest first, with the number of their searches; filtered by number or title."""
    found = Case.objects.annotate(search_count=Count("searches")).order_by("-created_at")
    if text:
        found = found.filter(Q(number__icontains=text) | Q(title__icontains=text))
    return found


def searches(text: str = "") -> QuerySet[Search]:
    """Searches, newest first, with the number of candidates; filtered by their case."""
    counted = Search.objects.annotate(candidate_count=Count("candidates"))
    found = counted.select_related("case", "probe").order_by("-created_at")
    if text:
        found = found.filter(Q(case__number__icontains=text) | Q(case__title__icontains=text))
    return found


def galleries() -> QuerySet[Gallery]:
    """Galleries with the numbers of their subjects and images."""
    images = FaceImage.objects.filter(gallery=OuterRef("pk")).order_by()
    image_count = images.values("gallery").annotate(n=Count("pk")).values("n")
    return Gallery.objects.annotate(
        subject_count=Count("subjects"), image_count=Subquery(image_count)
    ).order_by("name")


def subjects(gallery: Gallery, text: str = "") -> QuerySet[Subject]:
    """Subjects by reference, with the number of images and the id of the first one."""
    first = FaceImage.objects.filter(subject=OuterRef("pk")).values("pk")[:1]
    counted = Subject.objects.filter(gallery=gallery).annotate(
        image_count=Count("images"), first_image=Subquery(first)
    )
    found = counted.order_by("reference")
    if text:
        found = found.filter(reference__icontains=text)
    return found
