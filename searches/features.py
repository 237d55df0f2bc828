"""What two faces are compared by: components of the face, each similar, dissimilar or not visible.

The list follows the order and scope of the FISWG Facial Image Comparison Feature List for
Morphological Analysis (v2.0, 2018; ASTM E3149), from the top of the face to the bottom, in words of
our own. Nothing here is measured: ASTM E3149 advises against photo-anthropometry.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Feature(models.TextChoices):
    FACE_SHAPE = "face_shape", _("Face shape and outline")
    SKIN = "skin", _("Skin: texture, lines, creases")
    HAIRLINE = "hairline", _("Hairline and forehead")
    EYEBROWS = "eyebrows", _("Eyebrows")
    EYES = "eyes", _("Eyes and eyelids")
    CHEEKS = "cheeks", _("Cheeks and cheekbones")
    NOSE = "nose", _("Nose")
    EARS = "ears", _("Ears")
    MOUTH = "mouth", _("Mouth and lips")
    CHIN = "chin", _("Chin and jawline")
    NECK = "neck", _("Neck")
    FACIAL_HAIR = "facial_hair", _("Facial hair")
    MARKS = "marks", _("Scars, moles, tattoos, piercings")


class Comparison(models.TextChoices):
    SIMILAR = "similar", _("Similar")
    DISSIMILAR = "dissimilar", _("Dissimilar")
    NOT_VISIBLE = "not_visible", _("Not visible")


MIN_SIMILAR = 3
"""Features that have to be similar before a face may be retained."""


def is_known(features: dict[str, str]) -> bool:
    return set(features) <= set(Feature.values) and set(features.values()) <= set(Comparison.values)


def supports(disposition: str, features: dict[str, str], comment: str) -> bool:
    """Whether the checklist bears the decision out.

    To retain a face takes three similar features, to exclude it one dissimilar feature or a
    comment, and to leave it undecided one that is not visible or a comment.
    """
    values = list(features.values())
    if disposition == "retained":
        return values.count(Comparison.SIMILAR) >= MIN_SIMILAR
    wanted = Comparison.DISSIMILAR if disposition == "excluded" else Comparison.NOT_VISIBLE
    return wanted in values or bool(comment.strip())
