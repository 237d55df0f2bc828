"""What can go wrong for users of the oversight pages: stable codes, words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oversight.request_faults import REQUEST_FAULTS

FAULTS: dict[str, str | Promise] = {
    # where signed heads are published
    "destination_kind": _("Choose file, e-mail or webhook."),
    "destination_no_mail": _("This is no e-mail address."),
    "destination_no_web": _("A webhook needs an https address of a public host."),
    "destination_known": _("Signed heads go there already."),
    "destinations_full": _("There can be at most 10 destinations. Remove one first."),
}
FAULTS |= REQUEST_FAULTS


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
