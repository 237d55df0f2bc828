"""What can go wrong for people and access: stable codes and words that say what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.api_faults import API_FAULTS
from portal.faults import CodedFault

FAULTS: dict[str, str | Promise] = {
    **API_FAULTS,
    # the platform
    "agency_transition_refused": _("The agency cannot go there from the state it is in."),
    "agency_has_people": _(
        "The agency has people already, or does not work. Its own admins invite others."
    ),
    "maintenance": _("The portal is being worked on. Try again later."),
    "read_only": _("The portal can only be read just now. Try again later."),
    "feature_off": _("The operator of the portal has switched this off for your agency."),
    "notice_both_languages": _("Write the notice in both languages."),
    "notice_times": _("The end of the notice must come after its beginning, and lie ahead."),
    "jobs_not_retryable": _("These jobs cannot be tried again from here."),
    "too_many_pages": _(
        "That is more in a minute than a person reads. Wait for a minute, then go on."
    ),
    "reason_too_short": _("Give a reason of at least 10 characters."),
    "staff_password_wrong": _("That is not your password."),
    "staff_locked": _("Too many wrong passwords. Try again in 15 minutes."),
    "own_account": _("You cannot deactivate yourself."),
    # people
    "already_member": _("This person belongs to the agency already."),
    "member_deactivated": _("This person belonged to the agency before. Reactivate them."),
    "already_invited": _("This address is invited already. Send the invitation again instead."),
    "seats_used_up": _("All seats of the agency are used. Deactivate somebody first."),
    "own_membership": _("You cannot change your own roles. Ask another administrator."),
    "last_admin": _("The agency needs an administrator. Give somebody else that role first."),
    "roles_unknown": _("Choose at least one of the roles offered."),
    # invitations
    "invitation_dead": _(
        "This invitation is used, withdrawn or too old. Ask your administrator for another one."
    ),
    "invitation_refused": _(
        "That did not work. With a Candor account for this address, give its password."
        " Without one, choose a password of at least 15 characters that is not easily guessed."
    ),
    "invitation_other_person": _(
        "This invitation is for another address. Log out, then open the link again."
    ),
    "mail_not_sent": _(
        "The invitation is saved, but the e-mail could not be sent. Send it again later."
    ),
    # licenses
    "license_missing": _("Your agency has no license. The platform can give it one."),
    "license_pending": _("Your agency's license has not started yet."),
    "license_expired": _("Your agency's license has ended. The platform can renew it."),
    "license_suspended": _("The platform suspended your agency's license."),
    "license_terminated": _("Your agency's license was terminated."),
    "license_tampered": _(
        "Your agency's license does not match its signature. Nothing can be done under it until"
        " the platform has put it right; it was told."
    ),
    # quota
    "quota_used_up": _("The license's quota is used up."),
    "purpose_not_licensed": _("Your agency's license does not grant this purpose."),
    "source_kind_not_licensed": _(
        "Your agency's license does not grant the gallery's kind of source."
    ),
    "reservation_ended": _("Nothing is reserved for this any more. Submit it again."),
    "plan_published": _("The plan is published. Make a new version instead."),
    "plan_not_published": _("Publish the plan before you sell it."),
    "license_signed": _("This version is signed and does not change. Amend the license instead."),
    "license_draft_open": _("There is a draft that is not signed yet. Sign it first."),
    "license_change_note_missing": _("Say what changes, so that the agency can read it."),
    "license_version_too_early": _(
        "A version takes effect after the one before it. Choose a later day."
    ),
    "license_papers_missing": _(
        "The license cannot be signed without the impact assessment and the registration."
    ),
    "license_overage_not_approved": _(
        "Searches beyond the limit wait for the approval of a second person."
    ),
    "license_overage_not_asked_for": _("Nobody's request for searches beyond the limit is open."),
    "license_overage_own_request": _(
        "You asked for it yourself. Another person of the staff has to approve it."
    ),
    "license_trial_not_renewed": _("A trial is not renewed. Enter a license."),
    "license_act_refused": _("The license cannot go there from the state it is in."),
    "license_act_too_early": _("Choose a moment that is not past and not before the last act."),
    # API tokens
    "token_permission_not_held": _("A token can only do what you may do yourself."),
    "token_without_permission": _("Choose at least one permission for the token."),
    "token_days_out_of_range": _("That is longer than a token may live. Choose fewer days."),
    "token_missing": _("Send an API token: Authorization: Bearer candor_..."),
    "token_invalid": _("This is not a valid API token."),
    "token_expired": _("The API token has expired. Create a new one."),
    "token_revoked": _("The API token was revoked. Create a new one."),
    "token_access_ended": _("The token's owner has no access to the agency at present."),
    # policies, the lock, the notice
    "policy_changed_meanwhile": _(
        "Somebody changed the policies meanwhile. Look at what holds now, then change it again."
    ),
    "policy_too_loose": _("That is looser than this installation allows."),
    "policy_out_of_range": _("That is outside of what Candor allows."),
    "policy_unchanged": _("Nothing is different from what holds now."),
    "notice_changed_meanwhile": _("The notice has changed. Read it again."),
    "not_locked": _("This person can log in. There is nothing to release."),
    "own_lock": _("You cannot release yourself. Ask another administrator."),
    "staff_lock": _("This person works for the platform, whose staff release them."),
    # single sign-on: logging in
    "sso_unreachable": _(
        "Your agency's log-in does not answer. Try again in a minute; if it lasts, tell your"
        " administrator."
    ),
    "sso_misconfigured": _(
        "Your agency's log-in describes itself wrongly. Tell your administrator."
    ),
    "sso_refused": _("Your agency's log-in did not confirm who you are. Start again."),
    "sso_domain_not_bound": _("No agency's log-in is set up for this address."),
    "sso_address_missing": _("Your agency's log-in did not give your e-mail address."),
    "sso_address_not_verified": _("Your agency's log-in does not vouch for your e-mail address."),
    "sso_not_a_member": _(
        "You have no access to this agency. Ask your administrator for an invitation."
    ),
    "sso_other_identity": _(
        "Your agency's log-in names somebody else for this address than before. Ask your"
        " administrator to release the link."
    ),
    "sso_other_person": _("That was somebody else. Log in there as yourself."),
    "sso_second_factor_missing": _(
        "Your agency's log-in did not show a second factor. Use one there, then start again."
    ),
    "sso_not_fresh": _("Your agency's log-in did not ask you again. Tell your administrator."),
    "sso_staff": _("The platform's staff log in with their password."),
    "sso_too_many": _("Too many attempts from here. Wait a quarter of an hour."),
    "sso_not_here": _(
        "You came in by your agency's log-in, which looks after your second factor. To change"
        " one of Candor's own, log in with your password."
    ),
    # single sign-on: setting it up
    "sso_not_ready": _("Log-in by the provider is not on, or no domain is confirmed yet."),
    "sso_required_by_policy": _(
        "The agency's policies demand this log-in. Change the policies first."
    ),
    "sso_issuer_invalid": _("The issuer must be an https address without anything behind a #."),
    "sso_values_missing": _("Say which values show a second factor."),
    "sso_secret_missing": _("Enter the client secret that the provider gave you."),
    "sso_domain_invalid": _("That is no domain. Enter what stands behind the @."),
    "sso_domain_known": _("This domain is in the list already."),
    "sso_domain_taken": _("This domain belongs to another agency already."),
    # the end of an agency
    "export_not_there": _("There is no finished export at present."),
    "export_not_downloaded": _("Download the export to its end first."),
    "short_name_wrong": _("That is not the short name of the agency."),
    "work_open": _("Work of the agency is still being finished. Try again in some minutes."),
    "offboarding_over": _("The deadline of this agency cannot be put off any more."),
    "offboarding_days_out_of_range": _("The deadline can be put off by 1 to 365 days."),
    "own_factors": _("You remove your own second factors on the page of your account."),
    "no_factors": _("This person has no second factor; the next log-in asks for one."),
    # training certificates
    "certificate_not_a_member": _("Choose a person of your agency."),
    "certificate_ends_early": _("The last day of validity must not lie before the day of issue."),
    "certificate_issued_later": _("The day of issue has not come yet."),
    "certificate_withdrawn": _("The certificate was withdrawn already."),
    "reason_missing": _("A reason is needed."),
    "evidence_empty": _("The file is empty. Choose the certificate again."),
    "evidence_too_large": _("The file is too large. Scan the certificate at a lower quality."),
    "evidence_not_accepted": _("The certificate must be a PDF, JPEG or PNG file."),
    # billing
    "billing_account_missing": _("The agency has no billing account. Enter one first."),
    "nothing_to_bill": _("There is nothing to bill at present."),
    "usage_changed": _("The usage changed in the meantime. Try again."),
    "invoice_not_draft": _("This was issued already."),
    "invoice_not_issued": _("Only an issued invoice can be paid, credited or reminded of."),
    "invoice_not_overdue": _("The invoice is not overdue."),
    "reminder_too_early": _("It is too early for the next reminder."),
    "reminders_all_sent": _("All three reminders were sent."),
    "credit_note_open": _(
        "The draft of a credit note for this invoice is open. Issue or discard it first."
    ),
    "credit_exceeds_line": _("That is more than is left of the line to credit."),
    "amount_not_payable": _("Give an amount above zero, in whole units of the currency."),
    "payment_exceeds_balance": _("That is more than is owed for this invoice."),
    "payment_in_future": _("The day of the payment has not come yet."),
    "payment_reversed": _("This payment was reversed already."),
    "invoice_mail_failed": _("The e-mail could not be sent. Send it again later."),
}


class Fault(CodedFault):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    words = FAULTS
