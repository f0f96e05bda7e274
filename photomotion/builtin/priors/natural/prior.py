"""The motion prior ``natural``: one plan for each face, put together from its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photomotion.builtin.limits import Limits, judge, soft_limit
from photomotion.data import Analysis, FaceMotion, Motion, Timing

from .acting import QUIET, act
from .bearing import bear
from .blinks import closure, draw_blink, schedule
from .breathing import breathe
from .company import exchange, neighbours
from .expressions import channels_of, perform
from .gaze import Look, look
from .head import hold_head
from .lids import move_lids
from .manner import Manner
from .moods import mood_of
from .person import meet
from .seam import is_even
from .span import span_of

__all__ = ["NATURAL_CHANNELS", "NaturalPrior"]

NATURAL_CHANNELS: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthPressLeft", "mouthPressRight", "mouthShrugLower",
    "mouthSmileLeft", "mouthSmileRight", "noseSneerLeft", "noseSneerRight",
    "headYaw", "headPitch", "headRoll", "gazeYaw", "gazePitch", "breath",
)  # fmt: skip
"""The channels of every motion that this prior plans."""

PARTS = ("person", "blinks", "breath", "expressions", "head", "gaze", "company", "bearing")
"""Each has its own chance, so that a change in one leaves the others as they were."""

LARGEST = 0.8
"""No expression goes further, whatever the gains: softly, from half of it on."""

DRAWS = 12
"""Times that a loop is drawn before a seam is put up with; one in twenty is drawn twice."""

Chances = dict[str, np.random.Generator]


class NaturalPrior:
    """Plans how people move while their portrait is taken.

    Args:
        manner: how they are to move; a calm portrait sitting if left out.
    """

    def __init__(self, manner: Manner | None = None) -> None:
        self.manner = manner or Manner()
        self.mood = mood_of(self.manner.mood, self.manner.state)

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Plan a motion for each face, each with its own body and its own chance.

        The same arguments give the same bits. Everything is 0 in the first frame and starts from stillness; in a loop
        the head and the breath pass through the first frame as through any other, and nothing jumps at the seam.
        People who stand side by side look at each other now and then.

        Args:
            analysis: faces and what was found out about them; sets the limits.
            timing: length and frame rate. Another frame rate shows the same motion, blinks shifted by less than half
                a frame; of a loop it may show another one.
            seed: any integer.
        """
        if self.manner.strength == 0:
            return Motion(fps=timing.fps, faces=(_rest(timing),) * len(analysis.faces))
        limits = [judge(face, analysis.suitability.of_face(i)) for i, face in enumerate(analysis.faces)]
        looks = exchange(
            [_chances(seed, i)["company"] for i in range(len(limits))],
            neighbours(analysis.faces, analysis.matte.shape),
            [bool(limit.eyes and self.manner.eyes) for limit in limits],
            span_of(timing, self.manner.ending),
        )
        faces = [
            _rest(timing) if limit.still else self._plan_face(limit, seed, i, own, timing)
            for i, (limit, own) in enumerate(zip(limits, looks, strict=True))
        ]
        return Motion(fps=timing.fps, faces=tuple(faces))

    def _plan_face(self, limits: Limits, seed: int, face: int, looks: Sequence[Look], timing: Timing) -> FaceMotion:
        """Plan one face; a loop is drawn again until no channel shows its seam."""
        drawn = self._draw(limits, _chances(seed, face), looks, timing)
        again = 1
        while timing.loop and again < DRAWS and not is_even(drawn.values.astype(np.float64)):
            drawn = self._draw(limits, _chances(seed, face, again), looks, timing)
            again += 1
        return drawn

    def _draw(self, limits: Limits, chance: Chances, looks: Sequence[Look], timing: Timing) -> FaceMotion:
        """Draw one motion; the order of the parts is the order in which they influence each other."""
        manner, mood = self.manner, self.mood
        span = span_of(timing, manner.ending)
        times = np.arange(timing.frames) / timing.fps
        person = meet(chance["person"], manner.age)
        seeing = limits.eyes and manner.eyes > 0

        rate = manner.blinks_per_minute
        rate = min(person.blink_rate * mood.blinks, 40.0) if rate is None else rate
        blinks = schedule(chance["blinks"], person, span.seconds, rate) if seeing else []
        breath = manner.breath * breathe(chance["breath"], person, span, mood).sample(times)
        expressions = act(chance["expressions"], person, span, blinks, mood)
        gaze = look(
            chance["gaze"], person, span, blinks, mood, size=manner.eyes, looks=looks,
            quiet=[(e.start - QUIET[0], e.start + QUIET[1]) for e in expressions if "cheekSquint" in e.shares],
        )  # fmt: skip
        if rate and seeing:
            blinks += [draw_blink(chance["blinks"], person, start, cause="gaze") for start in gaze.blinks]
            blinks.sort(key=lambda blink: blink.start)
        anchors = np.sort([b.start for b in blinks] + [e.start for e in expressions])
        head = hold_head(chance["head"], person, span, anchors, mood, gaze.looks if seeing else ()).sample(times)
        bearing = bear(chance["bearing"], mood, span)
        borne = bearing.level.sample(times)
        head = limits.gains() * (head + borne * bearing.lean)
        head[:, 1] -= person.nod_with_breath * breath
        head = limits.apply(manner.strength * manner.head * head)

        columns = perform(expressions, times, person)
        for name, share in bearing.shares.items():
            for channel, size in channels_of(name, person.lopsided).items():
                columns[channel] = columns.get(channel, 0.0) + share * size * borne[:, 0]
        if seeing:
            for channel in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
                columns[channel] = columns.get(channel, 0.0) + gaze.raise_brows(times)
        for channel in columns:
            moved = soft_limit(manner.gain(channel) * columns[channel], -LARGEST, LARGEST)
            columns[channel] = limits.gain(channel) * moved
        columns.update(headYaw=head[:, 0], headPitch=head[:, 1], headRoll=head[:, 2])
        columns["breath"] = soft_limit(manner.strength * breath, -1.0, 1.0)
        if seeing:
            # The eyes stay where they look while the head turns beneath them (vestibulo-ocular reflex, gain 1).
            eyes = gaze.steps.sample(times) - head[:, :2]
            columns.update(gazeYaw=eyes[:, 0], gazePitch=eyes[:, 1])
            move_lids(columns, closure(blinks, timing), eyes[:, 1], person.lids)
        else:
            for name in [c for c in columns if c.startswith("eye")]:
                del columns[name]
        still = np.zeros(timing.frames)
        values = np.stack([columns.get(c, still) for c in NATURAL_CHANNELS], axis=1)
        shapes = slice(0, NATURAL_CHANNELS.index("headYaw"))
        values[:, shapes] = np.clip(values[:, shapes], 0.0, 1.0)
        if span.rests and not timing.loop:
            values[-1] = 0.0  # it is, but for rounding
        return FaceMotion(channels=NATURAL_CHANNELS, values=values.astype(np.float32))


def _rest(timing: Timing) -> FaceMotion:
    """The motion of somebody who keeps completely still."""
    return FaceMotion(channels=NATURAL_CHANNELS, values=np.zeros((timing.frames, len(NATURAL_CHANNELS)), np.float32))


def _chances(seed: int, face: int, again: int = 0) -> Chances:
    """Chance of every part of one face, and another one each time it is drawn again."""
    numbers = [seed % 2**64, face, again] if again else [seed % 2**64, face]
    parts = np.random.SeedSequence(numbers).spawn(len(PARTS))
    return dict(zip(PARTS, map(np.random.default_rng, parts), strict=True))
