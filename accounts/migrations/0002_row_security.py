"""Agencies and memberships are seen by their own agency, by the person concerned, by the platform."""

from django.db import migrations

from portal.rowsecurity import CURRENT_AGENCY, CURRENT_USER, IS_PLATFORM, policy_sql

OWN_MEMBERSHIP = f"user_id = {CURRENT_USER}"
MY_AGENCY = f"EXISTS (SELECT 1 FROM accounts_membership m WHERE m.agency_id = accounts_agency.id AND m.user_id = {CURRENT_USER})"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE accounts_membership ADD CONSTRAINT accounts_membership_agency_fk"
                " FOREIGN KEY (agency_id) REFERENCES accounts_agency (id)",
                *policy_sql("accounts_membership", also_read=f"{OWN_MEMBERSHIP} OR {IS_PLATFORM}"),
                *policy_sql(
                    "accounts_agency",
                    own=IS_PLATFORM,
                    also_read=f"id = {CURRENT_AGENCY} OR {MY_AGENCY}",
                ),
            ],
            migrations.RunSQL.noop,
        ),
    ]
