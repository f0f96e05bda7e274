"""What a photo allows: how far each part of a face may move before the film stops looking like the photo."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photomotion.data import Face
from photomotion.data.ranks import percentile

__all__ = ["Limits", "judge", "keeps_still", "soft_limit"]

Floats = npt.NDArray[np.float64]

YAW, PITCH, ROLL = 6.0, 4.5, 3.5
"""Degrees to either side in a frontal portrait, by what a single photo can show without inventing (judgement)."""

HIDDEN = 0.4
"""Visibility below which a part that something is in front of keeps still: what is moved would be that thing."""

SMALLEST = 24.0
"""px between the outer eye corners (about 40 across the face) below which nothing moves: a lid is a pixel high there,
and a motion that cannot be seen is only a shimmer (judgement)."""

FIT = 98.0
"""Percentile of a motion's excursions that is to stay inside where a motion is made to fit (judgement)."""
LEAST = 0.3
"""No motion is made smaller than so: a head that hardly moves is worse than one that stops at its limit (judgement)."""
GRAIN = 0.1
"""Seconds within which no head goes far."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one face may move. Gains are 0 (not at all) ... 1 (as it likes)."""

    low: tuple[float, float, float]
    """Least headYaw, headPitch and headRoll, degrees, negative."""
    high: tuple[float, float, float]
    """Greatest of each, degrees, positive."""
    head: float = 1.0
    """Gain of the head's motion."""
    eyes: bool = True
    """Whether lids and gaze move."""
    mouth: float = 1.0
    """Gain of lips and mouth corners."""
    brows: float = 1.0
    """Gain of the brows."""
    face: float = 1.0
    """Gain of all other expressions."""
    still: bool = False
    """Whether nothing moves at all."""

    def gains(self) -> Floats:
        """(3,) gain of yaw, pitch and roll: lower where there is less room, so that soft limits bend little.

        Not in proportion: half the room still holds more than half of a quiet head's motion.
        """
        room = (np.array(self.high) - np.array(self.low)) / (2 * np.array([YAW, PITCH, ROLL]))
        return np.asarray(self.head * np.sqrt(np.minimum(1.0, room)), np.float64)

    def gain(self, channel: str) -> float:
        """Gain of an ARKit channel that moves skin."""
        if channel.startswith(("mouth", "jaw")):
            return self.mouth
        return self.brows if channel.startswith("brow") else self.face

    def apply(self, head: Floats) -> Floats:
        """Bend head angles (T, 3), degrees, so that they stay inside."""
        return soft_limit(head, self.low, self.high)

    def fit(self, head: Floats) -> Floats:
        """How much smaller head angles (T, 3), degrees, must be to stay inside: (3,), :data:`LEAST` ... 1.

        A motion that is made smaller as a whole keeps its shape; one that is bent at the limits loses it.
        """
        up = percentile(np.maximum(head, 0), FIT, axis=0) / np.array(self.high)
        down = percentile(np.maximum(-head, 0), FIT, axis=0) / -np.array(self.low)
        return np.asarray(np.clip(1 / np.maximum(np.maximum(up, down), 1), LEAST, 1))

    def excess(self, head: Floats, rows: int, fps: float) -> Floats:
        """How far head angles (T, 3), degrees, go beyond the limits in the ``rows`` after each, (T,), seen from there.

        In limits: 1 is twice as far as allowed; the three axes are added. ``fps`` is rows a second.
        """
        step = max(1, round(GRAIN * fps))
        coarse = self.gains() * head[::step]
        width = min(rows // step + 1, len(coarse))
        padded = np.concatenate([coarse, coarse[-1:].repeat(width - 1, 0)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
        up = (windows.max(axis=-1) - coarse) / np.array(self.high)
        down = (coarse - windows.min(axis=-1)) / -np.array(self.low)
        beyond = np.maximum(np.maximum(up, down) - 1, 0).sum(axis=1)
        return np.asarray(np.interp(np.arange(len(head)), np.arange(len(coarse)) * step, beyond))


def keeps_still(face: Face) -> bool:
    """Whether a face is too small to be moved at all: below :data:`SMALLEST`, as if seen from the front."""
    return float(np.linalg.norm(face.landmarks[33] - face.landmarks[263])) < SMALLEST


def judge(face: Face, codes: Set[str]) -> Limits:
    """The limits for one face, from how it was photographed and from the codes found for it.

    A head that is turned already may turn back toward the lens more than further away, since what lies behind the
    cheek is not in the photo. Codes only ever tighten what the pose allows; unknown ones are ignored.

    Args:
        face: as the analyzer measured it.
        codes: from ``Suitability.of_face``.
    """
    still = keeps_still(face)
    turned = abs(face.pose.yaw)
    away = float(np.interp(turned, [8, 20, 35, 60], [YAW, 3.5, 1.5, 0.6]))
    back = float(np.interp(turned, [20, 35, 60], [YAW, 4.0, 1.5]))
    if "three-quarter" in codes:
        away, back = min(away, 2.0), min(back, 4.0)
    if "profile" in codes:
        away, back = min(away, 0.6), min(back, 1.5)
    if "side-light" in codes:
        away, back = min(away, 4.0), min(back, 4.0)
    yaw = _sides(face.pose.yaw, away, back)
    pitch = _sides(face.pose.pitch, float(np.interp(abs(face.pose.pitch), [10, 30], [PITCH, 1.5])), PITCH)
    roll = _sides(face.pose.roll, float(np.interp(abs(face.pose.roll), [10, 30], [ROLL, 1.0])), ROLL)
    head = 1.0
    if "profile" in codes or turned > 50:
        head *= 0.6
    if "tilted" in codes:
        head *= 0.8
    if "tiny-face" in codes:
        head *= 0.7
    if "cropped-face" in codes:
        head *= 0.5
    poorly_lit = 0.75 if codes & {"dark", "overexposed"} else 1.0
    if "occluded" in codes:
        head *= 0.7
    closed = "eyes-closed" in codes or max(face.eyes_open) < 0.2
    seen = face.visibility
    hidden_eye = "occluded" in codes and min(seen.left_eye, seen.right_eye) < HIDDEN
    hidden_mouth = "occluded" in codes and min(seen.mouth, seen.jaw) < HIDDEN
    stiff = closed or hidden_mouth or codes & {"mouth-open", "teeth"}
    mouth = 0.0 if stiff else float(np.interp(face.mouth_open, [0.05, 0.4], [1.0, 0.2]))
    expressions = 0.0 if closed else poorly_lit * (0.7 if "tiny-face" in codes else 1.0)
    brows = 0.5 if "hat-or-hair" in codes else 1.0
    return Limits(
        low=(yaw[0], pitch[0], roll[0]),
        high=(yaw[1], pitch[1], roll[1]),
        head=head * poorly_lit,
        still=still,
        eyes=not still and not closed and not hidden_eye and not codes & {"sunglasses", "art"},
        mouth=mouth * poorly_lit * (0.7 if "tiny-face" in codes else 1.0),
        brows=brows * expressions,
        face=expressions,
    )


def soft_limit(x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """Keep ``x`` strictly between ``low`` < 0 and ``high`` > 0 without a corner.

    Nothing changes up to half of a limit; beyond that a tanh takes over with the same value, slope and curvature.
    All three broadcast.
    """
    x = np.asarray(x, np.float64)
    knee = np.where(x < 0, -np.asarray(low, np.float64), np.asarray(high, np.float64)) / 2
    size = np.abs(x)
    out: Floats = np.sign(x) * np.where(size <= knee, size, knee + knee * np.tanh((size - knee) / knee))
    return out


def _sides(angle: float, away: float, back: float) -> tuple[float, float]:
    """Lower and upper limit of an axis on which the photo already stands at ``angle``."""
    return (-back, away) if angle >= 0 else (-away, back)
