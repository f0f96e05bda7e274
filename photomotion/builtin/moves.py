"""A library of short motions with names. Left and right are the viewer's; times are seconds, angles degrees.

Sizes and times are judgement, within what people do: a nod takes about a second, a look aside goes by eyes first and
head after, a wink is slower than a blink, a smile comes in half a second and goes in a little more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MOVES", "Move", "Points"]

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Move:
    """What a few channels do, from 0 back to 0."""

    summary: str
    """A few words for a list."""
    curves: Mapping[str, Points]
    """By channel, (seconds, value) with minimum jerk between them; the first and the last value are 0."""
    eyes_stay: bool = False
    """Whether the eyes stay on the viewer while the head moves."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return max(points[-1][0] for points in self.curves.values())


def _both(name: str, points: Points) -> dict[str, Points]:
    return {f"{name}Left": points, f"{name}Right": points}


def _held(value: float, onset: float, hold: float, offset: float) -> Points:
    return (0.0, 0.0), (onset, value), (onset + hold, value), (onset + hold + offset, 0.0)


def _glance(yaw: float, pitch: float) -> dict[str, Points]:
    """Eyes jump there, the head follows with a third of the way, and both come back."""
    eye, head = 0.06, 0.3
    out: dict[str, Points] = {}
    for axis, angle in (("Yaw", yaw), ("Pitch", pitch)):
        if angle:
            away, turned = 0.7 * angle, 0.3 * angle
            out[f"gaze{axis}"] = (0.0, 0.0), (eye, away), (1.5, away), (1.5 + eye, -turned), (1.5 + eye + head, 0.0)
            out[f"head{axis}"] = (0.0, 0.0), (0.08, 0.0), (0.08 + head, turned), (1.5, turned), (1.5 + eye + head, 0.0)
    return out


_BLINK: Points = ((0.0, 0.0), (0.08, 1.0), (0.13, 1.0), (0.33, 0.0))
_TWICE: Points = (*_BLINK, (0.45, 0.0), (0.53, 1.0), (0.58, 1.0), (0.78, 0.0))
_WINK: Points = ((0.0, 0.0), (0.12, 1.0), (0.3, 1.0), (0.55, 0.0))
_CHEEK: Points = ((0.0, 0.0), (0.14, 0.5), (0.3, 0.5), (0.6, 0.0))

MOVES: Mapping[str, Move] = {
    "blink": Move(summary="both lids close once", curves=_both("eyeBlink", _BLINK)),
    "blink twice": Move(summary="both lids close twice", curves=_both("eyeBlink", _TWICE)),
    "close eyes": Move(summary="the eyes are shut for a second", curves=_both("eyeBlink", _held(1.0, 0.3, 1.0, 0.45))),
    "wink left": Move(
        summary="the eye on the left of the picture winks",
        curves={"eyeBlinkRight": _WINK, "cheekSquintRight": _CHEEK, "mouthSmileRight": _CHEEK},
    ),
    "wink right": Move(
        summary="the eye on the right of the picture winks",
        curves={"eyeBlinkLeft": _WINK, "cheekSquintLeft": _CHEEK, "mouthSmileLeft": _CHEEK},
    ),
    "nod": Move(
        summary="the head goes down and up, once and a half",
        curves={"headPitch": ((0.0, 0.0), (0.3, 3.5), (0.62, -0.8), (0.95, 1.6), (1.35, 0.0))},
        eyes_stay=True,
    ),
    "shake": Move(
        summary="the head turns from side to side",
        curves={"headYaw": ((0.0, 0.0), (0.28, 3.5), (0.65, -3.5), (1.0, 2.6), (1.4, 0.0))},
        eyes_stay=True,
    ),
    "tilt left": Move(
        summary="the head leans to the left of the picture",
        curves={"headRoll": _held(-3.0, 0.7, 1.2, 0.8), "headYaw": _held(0.6, 0.7, 1.2, 0.8)},
        eyes_stay=True,
    ),
    "tilt right": Move(
        summary="the head leans to the right of the picture",
        curves={"headRoll": _held(3.0, 0.7, 1.2, 0.8), "headYaw": _held(-0.6, 0.7, 1.2, 0.8)},
        eyes_stay=True,
    ),
    "turn left": Move(
        summary="the head turns to the left, the eyes stay",
        curves={"headYaw": _held(4.5, 0.8, 1.2, 0.9)},
        eyes_stay=True,
    ),
    "turn right": Move(
        summary="the head turns to the right, the eyes stay",
        curves={"headYaw": _held(-4.5, 0.8, 1.2, 0.9)},
        eyes_stay=True,
    ),
    "look left": Move(summary="a look to the left, eyes first", curves=_glance(9.0, 0.0)),
    "look right": Move(summary="a look to the right, eyes first", curves=_glance(-9.0, 0.0)),
    "look up": Move(summary="a look up, eyes first", curves=_glance(0.0, -7.0)),
    "look down": Move(summary="a look down, eyes first", curves=_glance(0.0, 7.0)),
    "smile": Move(
        summary="a slow smile with the cheeks",
        curves={
            **_both("mouthSmile", _held(0.45, 0.55, 1.6, 0.8)),
            **_both("cheekSquint", _held(0.22, 0.6, 1.5, 0.85)),
            **_both("eyeSquint", _held(0.14, 0.6, 1.5, 0.85)),
        },
    ),
    "raise brows": Move(
        summary="both brows go up for a moment",
        curves={
            **_both("browOuterUp", _held(0.5, 0.22, 0.35, 0.4)),
            "browInnerUp": _held(0.4, 0.22, 0.35, 0.4),
            **_both("eyeWide", _held(0.15, 0.22, 0.35, 0.4)),
        },
    ),
    "frown": Move(summary="the brows are drawn down", curves=_both("browDown", _held(0.5, 0.35, 0.8, 0.5))),
    "press lips": Move(summary="the lips are pressed together", curves=_both("mouthPress", _held(0.4, 0.25, 0.4, 0.4))),
    "breathe deeply": Move(
        summary="one deep breath", curves={"breath": ((0.0, 0.0), (1.9, 1.0), (2.2, 1.0), (4.6, 0.0))}
    ),
}
"""By name."""
