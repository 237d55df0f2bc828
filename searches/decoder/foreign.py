"""What files are that are known and not opened.

A closed list: a decoder's word for one crosses processes as a number, never as a text.
"""

from enum import StrEnum

from searches.decoder.rejections import N_, ImageRejected


class Foreign(StrEnum):
    GIF = N_("a GIF")
    PDF = N_("a PDF")
    POSTSCRIPT = N_("PostScript (EPS)")
    PHOTOSHOP = N_("a Photoshop document (PSD)")
    ICON = N_("an icon (ICO)")
    JPEG_2000 = N_("a JPEG 2000 picture")
    JPEG_XL = N_("a JPEG XL picture")
    QOI = N_("a QOI picture")
    DICOM = N_("a DICOM picture")
    NETPBM = N_("a Netpbm picture (PPM)")
    BIGTIFF = N_("a BigTIFF picture")
    RAW = N_("a camera's raw picture")
    VIDEO_OR_SOUND = N_("a video or sound file")
    VIDEO = N_("a video file")
    SPECIAL = N_("a picture for special programs")
    SVG = N_("an SVG drawing")
    AVIF = N_("an AVIF picture")
    OTHER_HEIF = N_("a HEIF picture of a kind other than HEIC")
    COMPRESSED_BMP = N_("a compressed BMP")
    UNUSUAL_TIFF = N_("a TIFF with a compression that is not supported")
    UNUSUAL_PIXELS = N_("a picture with an unusual kind of pixels")


def not_accepted(found: Foreign) -> ImageRejected:
    """The rejection of a file that is known and not opened."""
    return ImageRejected("image_format_not_accepted", found=found)
