"""How a rate grows with the gallery.

With p the rate in a gallery of N1 people, 1 - (1 - p) ** (N2 / N1) is that in one of N2, if a face
is as likely to resemble each person of the gallery, independently of the others (P. Grother, P.
Phillips, Models of large population recognition performance, CVPR 2004: FPIR = 1 - (1 - FMR) ** N).
Faces are not quite so: some resemble many. Then the true rate grows more slowly, and never falls.
Both follow for any mixture of faces: with u a face's own chance in N1, its chance in N2 >= N1 is
1 - (1 - u) ** (N2 / N1), which is concave in u and at least u, so that by Jensen's inequality its
mean lies between the mean of u and the formula at the mean of u. So an interval grows at its far
end alone.
"""

from math import expm1, log1p


def grown(rate: float, from_subjects: int, to_subjects: int) -> float:
    """A rate 0..1 measured among `from_subjects` people, taken to a gallery of `to_subjects`."""
    if rate >= 1.0:
        return 1.0
    return -expm1(log1p(-rate) * to_subjects / from_subjects)


def grown_interval(
    low: float, high: float, from_subjects: int, to_subjects: int
) -> tuple[float, float]:
    """The interval of a grown rate: it holds whether or not faces are alike in their chances."""
    at = grown(low, from_subjects, to_subjects), grown(high, from_subjects, to_subjects)
    return min(low, at[0]), max(high, at[1])
