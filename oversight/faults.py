"""What can go wrong for users of the oversight pages: stable codes, words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: dict[str, str | Promise] = {
    "transparency_period_unknown": _("Choose one of the periods, or two days in their order."),
    "transparency_period_long": _("A report covers ten years at most."),
    "transparency_period_ahead": _("This period has not begun yet."),
    "transparency_nothing_recorded": _("Nothing was recorded yet, so there is nothing to count."),
    "transparency_period_not_over": _(
        "This report was made before its period was over. Make it again, and publish that one."
    ),
    "transparency_period_not_whole": _(
        "Only whole calendar months, quarters and years can be published."
    ),
    "transparency_period_overlaps": _(
        "A report of a period that overlaps this one was published before. Small numbers could be"
        " worked out from the two, so this one cannot be published."
    ),
    "transparency_already_published": _(
        "A report of this period is published. Withdraw it first, then publish this one."
    ),
    "transparency_not_published": _("This report is not published."),
    "transparency_withdrawn": _(
        "This report was withdrawn. Make a report of its period again, and publish that one."
    ),
}


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
