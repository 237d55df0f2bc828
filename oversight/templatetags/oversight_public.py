"""How the public page takes its texts."""

from django import template

from oversight.models import PublicPage

register = template.Library()


@register.filter
def text_of(page: PublicPage, name: str) -> str:
    """A text in the reader's language, else in the other. Escaped like any other."""
    return page.text(name)
