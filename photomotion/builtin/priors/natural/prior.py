"""The motion prior ``natural``: one plan for each face, put together from its parts."""

from __future__ import annotations

import math
from collections.abc import Set

import numpy as np

from photomotion.builtin.limits import judge, soft_limit
from photomotion.data import Analysis, Face, FaceMotion, Motion, Timing

from .blinks import closure, schedule
from .breathing import breathe
from .curves import Floats
from .expressions import act, perform
from .gaze import look
from .head import hold_head
from .person import meet

__all__ = ["NATURAL_CHANNELS", "NaturalPrior"]

NATURAL_CHANNELS: tuple[str, ...] = (
    "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthPressLeft", "mouthPressRight", "mouthSmileLeft", "mouthSmileRight",
    "headYaw", "headPitch", "headRoll", "gazeYaw", "gazePitch", "breath",
)  # fmt: skip
"""The channels of every motion that this prior plans."""

PARTS = ("person", "blinks", "breath", "expressions", "head", "gaze")
"""Each has its own chance, so that a change in one leaves the others as they were."""


class NaturalPrior:
    """Plans how people move while their portrait is taken.

    Args:
        strength: size of the motion of head, expressions and breath, 0..2. Blinks and glances keep their size, since
            half a blink is no blink; at 0 nothing moves at all.
        blinks_per_minute: 0..40, 0 for none; drawn for each person if None.

    Raises:
        ValueError: if either is out of its range.
    """

    def __init__(self, strength: float = 1.0, blinks_per_minute: float | None = None) -> None:
        if not (math.isfinite(strength) and 0 <= strength <= 2):
            raise ValueError(f"strength must be 0..2, not {strength}")
        if blinks_per_minute is not None and not (math.isfinite(blinks_per_minute) and 0 <= blinks_per_minute <= 40):
            raise ValueError(f"blinks_per_minute must be 0..40, not {blinks_per_minute}")
        self.strength = strength
        self.blinks_per_minute = blinks_per_minute

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Plan a motion for each face, each with its own body and its own chance.

        The same arguments give the same bits. Everything is 0 in the first frame and starts from stillness; in a loop
        the head and the breath pass through the first frame as through any other, and nothing jumps at the seam.

        Args:
            analysis: faces and what was found out about them; sets the limits.
            timing: length and frame rate. Another frame rate shows the same motion, blinks shifted by less than half
                a frame.
            seed: any integer.
        """
        faces = tuple(
            self._plan_face(face, analysis.suitability.of_face(i), timing, np.random.SeedSequence([seed % 2**64, i]))
            for i, face in enumerate(analysis.faces)
        )
        return Motion(fps=timing.fps, faces=faces)

    def _plan_face(self, face: Face, codes: Set[str], timing: Timing, chance: np.random.SeedSequence) -> FaceMotion:
        """Plan one face; the order of the parts is the order in which they influence each other."""
        if self.strength == 0:
            rest = np.zeros((timing.frames, len(NATURAL_CHANNELS)), np.float32)
            return FaceMotion(channels=NATURAL_CHANNELS, values=rest)
        rngs = dict(zip(PARTS, map(np.random.default_rng, chance.spawn(len(PARTS))), strict=True))
        times = np.arange(timing.frames) / timing.fps
        # A loop is over when its frames are; its length in seconds may say a fraction of a frame more.
        seconds = timing.frames / timing.fps if timing.loop else timing.seconds
        limits = judge(face, codes)
        person = meet(rngs["person"])

        rate = person.blink_rate if self.blinks_per_minute is None else self.blinks_per_minute
        blinks = schedule(rngs["blinks"], person, seconds, rate) if limits.eyes else []
        breath = breathe(rngs["breath"], person, seconds, loop=timing.loop).sample(times)
        expressions = act(rngs["expressions"], person, seconds, blinks, loop=timing.loop)
        anchors = np.sort([b.start for b in blinks] + [e.start for e in expressions])
        head = limits.gains() * hold_head(rngs["head"], person, seconds, anchors, loop=timing.loop).sample(times)
        head[:, 1] -= person.nod_with_breath * breath
        head = limits.apply(self.strength * head)

        columns = perform(expressions, times, person)
        for name in columns:
            columns[name] *= self.strength * (limits.mouth if name.startswith("mouth") else limits.face)
        columns.update(headYaw=head[:, 0], headPitch=head[:, 1], headRoll=head[:, 2])
        columns["breath"] = soft_limit(self.strength * breath, -1.0, 1.0)
        if limits.eyes:
            # The eyes stay where they look while the head turns beneath them (vestibulo-ocular reflex, gain 1).
            gaze = look(rngs["gaze"], person, seconds, blinks, loop=timing.loop).sample(times) - head[:, :2]
            columns.update(gazeYaw=gaze[:, 0], gazePitch=gaze[:, 1])
            _move_lids(columns, closure(blinks, timing), gaze[:, 1], person.lids)
        else:
            for name in [c for c in columns if c.startswith("eye")]:
                del columns[name]
        still = np.zeros(timing.frames)
        values = np.stack([columns.get(c, still) for c in NATURAL_CHANNELS], axis=1)
        shapes = slice(0, NATURAL_CHANNELS.index("headYaw"))
        values[:, shapes] = np.clip(values[:, shapes], 0.0, 1.0)
        return FaceMotion(channels=NATURAL_CHANNELS, values=values.astype(np.float32))


def _move_lids(columns: dict[str, Floats], shut: Floats, down: Floats, sides: tuple[float, float]) -> None:
    """Add the lids to ``columns``: they blink, and they follow the eyes down and up (Becker & Fuchs 1988).

    Args:
        columns: channels by name, (T,) each; changed in place.
        shut: how far the blink is, (T,), 0..1.
        down: gazePitch, (T,), degrees.
        sides: pace of the left and right lid, 1 and a little less; both are fully shut when ``shut`` is 1.
    """
    lowered = 0.02 * _positive(down)
    raised = 0.015 * _positive(-down) * (1 - shut)
    for side, pace in zip(("Left", "Right"), sides, strict=True):
        blink = shut * (pace + (1 - pace) * shut)
        columns[f"eyeBlink{side}"] = 1 - (1 - blink) * (1 - np.minimum(lowered, 0.3))
        columns[f"eyeWide{side}"] = columns.get(f"eyeWide{side}", 0.0) + np.minimum(raised, 0.3)
        columns[f"eyeSquint{side}"] = columns.get(f"eyeSquint{side}", 0.0) + 0.12 * blink


def _positive(x: Floats) -> Floats:
    """The positive part, with a soft corner one unit wide."""
    up = np.maximum(x, 0.0)
    return up * up / (up + 1.0)
