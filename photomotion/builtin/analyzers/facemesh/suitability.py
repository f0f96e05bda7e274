"""What will be hard about a photo, in sentences for the person who brought it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from photomotion.builtin.limits import keeps_still
from photomotion.data import Cost, Face, Finding, Lighting, Suitability

from .prints import CRACKED, PrintQuality
from .quality import FaceQuality
from .region import Floats

__all__ = ["SEVERITY", "Seen", "judge"]

SEVERITY = {
    "no-face": 3, "profile": 3, "tiny-face": 2, "cropped-face": 2, "sunglasses": 2, "blurred": 2, "three-quarter": 2,
    "dark": 2, "overexposed": 2, "occluded": 2, "scratches": 2, "low-contrast": 1, "eyes-closed": 1, "mouth-open": 1,
    "teeth": 1, "side-light": 1, "tilted": 1, "glasses": 1, "hat-or-hair": 1, "rotated-scan": 1, "grain": 1,
    "faded": 1, "colour-cast": 1, "printed-border": 1, "art": 1, "several-faces": 0,
}  # fmt: skip
"""3 makes a film poor, 2 fair, 1 is handled, 0 is only worth saying. Every code this analyzer can give."""

PLAIN = {
    "left_eye": "the left eye", "right_eye": "the right eye", "left_cheek": "the left cheek",
    "right_cheek": "the right cheek", "mouth": "the mouth", "jaw": "the jaw",
}  # fmt: skip
COVERED = 0.75
"""Cover from which a part counts as hidden: two signs must agree, or one be plain."""
PROFILE, THREE_QUARTER = 30.0, 15.0
"""Degrees that the mesh is turned by. It follows a head by about two thirds: these are heads turned by 45 and 22."""
MENDED = "the restorer 'classic' may mend it"


@dataclass(frozen=True, eq=False, kw_only=True)
class Seen:
    """Everything that was measured on one face."""

    face: Face
    normals: Floats
    """float32 (468, 3), outward, in camera axes."""
    quality: FaceQuality
    cover: Mapping[str, float]
    """By the names in :class:`~photomotion.data.Visibility`: how likely it is behind something, 0..1."""


def judge(seen: Sequence[Seen], lighting: Lighting, printed: PrintQuality | None, turn: int, cost: Cost) -> Suitability:
    """Findings for the photo and each face, worst first, and what to expect of a film of the largest face.

    Args:
        seen: the faces, largest first.
        lighting: on the largest face.
        printed: what was measured on the print, or None if nobody is on it.
        turn: degrees clockwise that would set the photo upright.
        cost: of a film.
    """
    if not seen or printed is None:
        advice = "Try a photo in which the face is larger and both eyes can be seen."
        finding = Finding(code="no-face", value=0.0, message=f"No face was found. {advice}")
        return Suitability(findings=(finding,), expectation="poor", cost=cost)
    findings = [_finding(check, None) for check in _photo(printed, len(seen), turn)]
    for index, one in enumerate(seen):
        light = lighting if index == 0 else Lighting()
        for checks in (_pose(one.face, turn), _expression(one), _hidden(one), _picture(one, light)):
            findings += [_finding(check, index) for check in checks]
    findings.sort(key=lambda f: (-SEVERITY[f.code], -1 if f.face is None else f.face))
    expectation = "poor" if keeps_still(seen[0].face) else _expect(findings)
    return Suitability(findings=tuple(findings), expectation=expectation, turn=turn, cost=cost)


Check = tuple[str, float, str, str]
"""Code, value, message, action."""


def _finding(check: Check, face: int | None) -> Finding:
    code, value, message, action = check
    return Finding(code=code, value=value, message=message, action=action, face=face)


def _expect(findings: Sequence[Finding]) -> Literal["good", "fair", "poor"]:
    """What to expect of the largest face: by its worst finding or the photo's, and by how many there are.

    Poor for one grave finding or three serious ones, fair for a serious one or five that are handled.
    """
    grades = [SEVERITY[f.code] for f in findings if f.face in (None, 0)]
    if max(grades, default=0) == 3 or grades.count(2) >= 3:
        return "poor"
    return "fair" if 2 in grades or grades.count(1) >= 5 else "good"


def _photo(printed: PrintQuality, people: int, turn: int) -> Iterator[Check]:
    if turn:
        how = "upside down" if turn == 180 else "on its side"
        yield "rotated-scan", float(turn), f"The photo lies {how}.", "it is turned upright first"
    if people > 1:
        message = f"There are {people} people in the photo."
        yield "several-faces", float(people), message, "each moves in a way of their own"
    if printed.scratches > CRACKED:
        yield "scratches", printed.scratches, "The print is scratched or cracked.", MENDED
    if printed.grain > 2.0:
        action = "the grain moves with the skin, unless backend.grain says otherwise"
        yield "grain", printed.grain, "The print is grainy.", action
    if printed.tones.black > 13:
        message = "The print has faded: what was black is gray."
        yield "faded", printed.tones.black, message, MENDED
    if printed.cast > 8:
        yield "colour-cast", printed.cast, "A tint lies over the whole photo.", MENDED
    if printed.border > 0:
        message = f"A border, or what the print lies on, takes {100 * printed.border:.0f} % of the photo."
        yield "printed-border", printed.border, message, "it keeps still"


def _turned(face: Face) -> float:
    """Degrees by which the mesh is turned away from whoever looks at it, by the depths of both temples and both eyes.

    That of ``face.pose`` is against the camera's axis: at the edge of a group it differs by as much as 10 degrees.
    """
    mesh = face.landmarks
    x, y, z = (mesh[[454, 263]] - mesh[[234, 33]]).sum(axis=0).tolist()
    return abs(math.degrees(math.atan2(z, math.hypot(x, y))))


def _pose(face: Face, turn: int) -> Iterator[Check]:
    turned = _turned(face)
    leaning = abs(math.remainder(face.pose.roll + turn, 360))
    if turned > PROFILE:
        yield "profile", turned, "The face is seen from the side.", "the head hardly turns"
    elif turned > THREE_QUARTER:
        yield "three-quarter", turned, "The face is turned well to one side.", "the head turns less"
    if leaning > 20:
        yield "tilted", leaning, "The head leans to one side.", "the head moves about its own axis"


def _expression(seen: Seen) -> Iterator[Check]:
    face, quality = seen.face, seen.quality
    turned = _turned(face)
    eyes = max(face.eyes_open)
    covered = min(seen.cover["left_eye"], seen.cover["right_eye"]) > COVERED
    if _shaded(seen):
        message = "The eyes are behind dark glasses or in deep shadow."
        yield "sunglasses", quality.eye_darkness, message, "no blinks and no gaze"
    elif (eyes < 0.3 or (eyes < 0.5 and quality.iris_contrast > 0.65)) and not covered:
        yield "eyes-closed", eyes, "The eyes are closed.", "they stay closed"
    bridge, rim = quality.frame
    frame = (bridge > 0.08 and rim > 0.045) or bridge > 0.35
    if frame and turned < 45 and quality.eye_darkness >= 0.4:
        action = "the frame stays rigid while the lids move, and the brows above it"
        yield "glasses", bridge, "The person wears glasses.", action
    if seen.cover["mouth"] <= COVERED:
        teeth = quality.teeth > 0.12 and face.mouth_open > 0.08 and turned < PROFILE
        if teeth:
            yield "teeth", quality.teeth, "The teeth are showing.", "the lips keep their shape"
        if face.mouth_open > (0.4 if quality.teeth > 0.25 else 0.15):
            yield "mouth-open", face.mouth_open, "The mouth is open.", "the lips keep their shape"
    if _stone(seen):
        message = "The eyes have no irises: this may be a statue or a drawing."
        yield "art", quality.iris_contrast, message, "the eyes keep still"


def _stone(seen: Seen) -> bool:
    """Whether eyes that are open have no irises."""
    quality = seen.quality
    open_eyes = quality.iris_contrast > 0.93 and min(seen.face.eyes_open) > 0.4
    return open_eyes and quality.eye_darkness > 0.7 and quality.sharpness > 0.22


def _shaded(seen: Seen) -> bool:
    """Whether the eyes are behind dark glasses: far darker than the cheeks, where the forehead is not."""
    return seen.quality.eye_darkness < 0.4 and seen.cover["forehead"] <= COVERED


def _hidden(seen: Seen) -> Iterator[Check]:
    if seen.quality.highlight < 0.3 or seen.quality.clipped > 0.3:
        return  # nothing can be told of it
    eyes = {"left_eye", "right_eye"} if _shaded(seen) or _stone(seen) else set()
    hidden = [p for p in PLAIN if seen.cover[p] > COVERED and p not in eyes]
    if hidden:
        named = [PLAIN[p] for p in hidden]
        what = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
        value = max(seen.cover[p] for p in hidden)
        yield "occluded", value, f"Something is in front of {what}.", "what is hidden keeps still"
    if seen.cover["forehead"] > COVERED:
        message = "Hair, a hat or a shadow covers the forehead."
        yield "hat-or-hair", seen.cover["forehead"], message, "the brows move less"


def _picture(seen: Seen, light: Lighting) -> Iterator[Check]:
    face, quality = seen.face, seen.quality
    size = face.eye_distance
    if size < 64:
        message = f"The face is small: {size:.0f} pixels between the eyes."
        yield "tiny-face", size, message, "it keeps still" if keeps_still(face) else "finer movements are left out"
    if quality.outside > 0.02:
        message = f"{100 * quality.outside:.0f} % of the face lies beyond the border of the photo."
        yield "cropped-face", quality.outside, message, "the head moves less"
    if quality.highlight < 0.35:
        yield "dark", quality.highlight, "The face is very dark.", "movements stay small"
    if quality.clipped > 0.08 or quality.brightness > 0.88:
        message = "Parts of the face are burnt out to white."
        yield "overexposed", max(quality.clipped, quality.brightness), message, "movements stay small"
    if quality.contrast < 0.2:
        yield "low-contrast", quality.contrast, "The face has little contrast.", ""
    if quality.sharpness < 0.22:
        yield "blurred", quality.sharpness, "The face is out of focus.", ""
    # Where the light on this face was not measured, its two halves must do.
    aside = light.confidence == 0 or abs(light.direction[0]) > 0.5
    covered = max(seen.cover["left_cheek"], seen.cover["right_cheek"]) > COVERED
    if quality.balance < 0.35 and aside and not covered and _turned(face) < 45:
        message = "The light comes from one side; half of the face is in shadow."
        yield "side-light", quality.balance, message, "the head turns less"
