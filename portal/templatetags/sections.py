"""Which section of the portal a page belongs to, for the main navigation."""

from django import template
from django.http import HttpRequest

register = template.Library()


@register.filter
def is_in(request: HttpRequest, sections: str) -> bool:
    """Whether the page's address begins with one of these words ("cases probes")."""
    match = request.resolver_match
    return match is not None and match.route.partition("/")[0] in sections.split()
