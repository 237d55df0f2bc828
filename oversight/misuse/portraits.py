"""Whether a probe looks posed, or from a social network, rather than taken at a scene.

From what was written down (what took it) and what was measured when the faces were found. Whether
the file had a camera's metadata is not kept, so it is not asked.
"""

from searches.engines.base import Face
from searches.models import CaptureKind

# What the person who uploaded it says that it is.
SAID = {CaptureKind.SOCIAL_MEDIA, CaptureKind.DOCUMENT_PHOTO}
# Five landmarks give the pose to about 7 degrees of yaw and 12 of pitch (searches/engines/pose.py).
MOST_YAW, MOST_PITCH = 12.0, 20.0
# Of the picture's area. Faces in pictures of fixed cameras have below 5 % of it.
LEAST_SHARE = 0.10
# The face's centre from the picture's, as a part of its width.
MOST_OFF_CENTRE = 0.20
LEAST_SHARPNESS = 0.5
LEAST_EYE_DISTANCE = 60.0


def looks_posed(
    face: Face | None, *, width: int | None, height: int | None, kind: str, cropped: bool
) -> bool:
    """Whether all that can be measured speaks for a posed picture, or its uploader says so.

    A picture that an analyst cut down to the face is measured no more: every face fills it.
    """
    if kind in SAID:
        return True
    if face is None or not width or not height or cropped:
        return False
    box, quality = face.box, face.quality
    return (
        abs(quality.yaw) <= MOST_YAW
        and abs(quality.pitch) <= MOST_PITCH
        and box.area / (width * height) >= LEAST_SHARE
        and abs((box.left + box.right) / 2 / width - 0.5) <= MOST_OFF_CENTRE
        and quality.sharpness >= LEAST_SHARPNESS
        and quality.eye_distance >= LEAST_EYE_DISTANCE
    )
