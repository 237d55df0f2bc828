"""Synthetic people: faces drawn by code for demo, tests, training and measurements.

No picture shows or is derived from a real person. An Identity is who, a Scene is one picture.
"""

from .identity import Identity
from .picture import draw, draw_empty, draw_group
from .scene import Scene

__all__ = ["Identity", "Scene", "draw", "draw_empty", "draw_group"]
