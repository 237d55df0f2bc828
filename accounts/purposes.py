"""What may be searched for, and in what: two closed lists that no agency can add to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """Why a face may be searched for; a license grants some of these and nothing else."""

    MISSING_PERSON = "missing_person", _("Missing person")
    UNIDENTIFIED_PERSON = "unidentified_person", _("Unidentified deceased or incapacitated person")
    VICTIM_IDENTIFICATION = (
        "victim_identification",
        _("Victim identification (child exploitation, trafficking)"),
    )
    SERIOUS_VIOLENT_OFFENCE = (
        "serious_violent_offence",
        _("Suspect of a serious violent offence"),
    )
    IDENTITY_FRAUD = "identity_fraud", _("Identity fraud")


class SourceKind(models.TextChoices):
    """Kinds of register from which the pictures of a gallery may come."""

    ARREST_PHOTOGRAPHS = "arrest_photographs", _("Arrest photographs")
    MISSING_PERSON_REPORTS = "missing_person_reports", _("Missing-person reports")
    IDENTITY_DOCUMENTS = "identity_documents", _("Identity documents")
    UNIDENTIFIED_DECEASED = "unidentified_deceased", _("Unidentified deceased")
    OTHER_LAWFUL_REGISTER = "other_lawful_register", _("Another lawful register")
