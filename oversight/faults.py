"""What can go wrong for users of the oversight pages: stable codes, words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise

FAULTS: dict[str, str | Promise] = {}


class Fault(ValidationError):
    """A request of a user that cannot be carried out; nothing was changed."""

    def __init__(self, code: str) -> None:
        super().__init__(FAULTS[code], code=code)
