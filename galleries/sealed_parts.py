"""What erasures keep sealed by an agency's key."""

from accounts.sealed_columns import bytes_column, seal_anew
from galleries.erasing.needles import needles_identity
from galleries.models import Erasure

seal_anew(lambda: [bytes_column(Erasure, "needles_sealed", needles_identity)])
