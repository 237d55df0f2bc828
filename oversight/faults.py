"""What can go wrong for users of the oversight pages: stable codes, words that say what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oversight.request_faults import REQUEST_FAULTS
from portal.faults import CodedFault

FAULTS: dict[str, str | Promise] = {
    # where signed heads are published
    "destination_kind": _("Choose file, e-mail or webhook."),
    "destination_no_mail": _("This is no e-mail address."),
    "destination_no_web": _("A webhook needs an https address of a public host."),
    "destination_known": _("Signed heads go there already."),
    "destinations_full": _("There can be at most 10 destinations. Remove one first."),
    "review_not_over": _("The week is not over yet. It can be signed from the Monday after it."),
    "review_signed": _("Somebody else has signed this week already. Look at what they wrote."),
    "review_without_note": _("Write in the note what you did about what stood out."),
    # alerts
    "alert_concerns_you": _("This alert concerns you. Somebody else has to look into it."),
    "alert_raised_again": _("It was raised again since. Go on with the open alert."),
    "alert_closed": _("The alert is decided already. Open it again first."),
    "alert_not_closed": _("The alert is still open."),
    "alert_not_yours": _("Somebody else handles this alert. Take it first."),
    "alert_yours": _("You handle this alert already."),
    "alert_handler_unknown": _("Choose somebody who handles alerts and whom it does not concern."),
    "alert_decision_unknown": _("Choose one of the decisions."),
    "alert_reason_too_short": _("Write at least 10 characters, so that others understand it."),
    "alert_text_too_long": _("The text is too long: at most 4000 characters are kept."),
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
FAULTS |= REQUEST_FAULTS


class Fault(CodedFault):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    words = FAULTS
