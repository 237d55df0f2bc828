"""Permissions in plain words, for people who choose among them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission

LABELS: dict[Permission, str | Promise] = {
    Permission.VIEW_CASES: _("See the cases one is a member of, and their searches"),
    Permission.VIEW_ALL_CASES: _("See all cases of the agency and their searches"),
    Permission.OPEN_CASE: _("Open a case"),
    Permission.WORK_ON_CASES: _("Write notes in one's cases, manage the cases one owns"),
    Permission.SUPERVISE_CASES: _("Manage every case: people, search limit, legal hold, reopening"),
    Permission.MANAGE_CATEGORIES: _("Keep the agency's list of case categories"),
    Permission.SEARCH: _("Upload a probe, choose a face, search"),
    Permission.AUTHORIZE: _("Authorize or refuse searches of others"),
    Permission.EXAMINE: _("Examine candidates"),
    Permission.ADJUDICATE: _("Decide where two examinations disagree"),
    Permission.LEND: _("Ask an examiner of another agency for an examination"),
    Permission.RECALL: _("See which examiners are lent to other agencies, and end it"),
    Permission.DISCLOSE: _("Download the disclosure bundle of a search"),
    Permission.VIEW_STATISTICS: _("See how far the examiners agree"),
    Permission.VIEW_CANDIDATES: _("See probes and candidates"),
    Permission.VIEW_GALLERIES: _("See galleries, subjects and their pictures"),
    Permission.MANAGE_GALLERIES: _("Create galleries"),
    Permission.ENROL: _("Enrol pictures"),
    Permission.ERASE: _("Erase pictures, subjects and galleries"),
    Permission.VIEW_PEOPLE: _("See the people of the agency and their roles"),
    Permission.MANAGE_PEOPLE: _("Invite people, change roles, deactivate"),
    Permission.VIEW_CERTIFICATES: _("See training certificates and their evidence"),
    Permission.MANAGE_CERTIFICATES: _("Enter and withdraw training certificates"),
    Permission.VIEW_PROFICIENCY: _("See the results of everybody's proficiency exercises"),
    Permission.MANAGE_TOKENS: _("See and revoke everybody's API tokens"),
    Permission.MANAGE_WEBHOOKS: _("See, add and change the agency's webhooks"),
    Permission.VIEW_POLICIES: _("See the agency's security policies and their history"),
    Permission.MANAGE_POLICIES: _("Change the agency's security policies"),
    Permission.VIEW_PLATFORM_ACTS: _("See what the platform's staff did to the agency"),
    Permission.VIEW_RECORD: _("Read, search and export the agency's record"),
    Permission.VIEW_LOOKS: _("See who looked at a case, a search or a subject"),
    Permission.REVIEW_RECORD: _("Sign the weekly review of the record"),
    Permission.PUBLISH_RECORD: _("Choose where the signed heads of the record are published"),
    Permission.HANDLE_ALERTS: _("See and decide alerts of misuse"),
    Permission.VIEW_TRANSPARENCY: _("Make and download transparency reports"),
    Permission.PUBLISH_TRANSPARENCY: _("Publish a transparency report without log-in"),
    Permission.HANDLE_REQUESTS: _("Handle requests of people about their data"),
    Permission.MANAGE_PUBLIC_PAGE: _("Switch the agency's public page on, and write it"),
    Permission.VIEW_INVOICES: _("See and download the agency's invoices"),
    Permission.VIEW_LICENSE: _("See the license, and download it"),
    Permission.VIEW_USAGE: _("See what of the license is used, and export it"),
}


def permission_label(permission: str) -> str:
    """The words for a permission; a name that no longer exists stands for itself."""
    try:
        return str(LABELS[Permission(permission)])
    except (KeyError, ValueError):
        return str(permission)
