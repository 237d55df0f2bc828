"""What can go wrong for users of the oversight pages: stable codes, words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise

FAULTS: dict[str, str | Promise] = {}


class Fault(Exception):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    def __init__(self, code: str) -> None:
        if code not in FAULTS:
            raise KeyError(code)
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return str(FAULTS[self.code])

    def as_validation_error(self) -> ValidationError:
        """The same for a form."""
        return ValidationError(self.message, self.code)
