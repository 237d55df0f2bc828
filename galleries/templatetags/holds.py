"""Legal holds on a page that is about something else."""

from typing import Any

from django import template

from galleries.hold_list import holds_of, rows_of
from searches.models import Subject

register = template.Library()

MOST = 20


@register.inclusion_tag("galleries/_holds.html", takes_context=True)
def holds_on(context: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """What keeps a subject, and where to place a hold; with the permissions of the page."""
    rows = rows_of(context["request"].actor, list(holds_of(subject)[:MOST]))
    return {"rows": rows, "subject": subject, "can": context["can"]}
