"""What will be hard about a photo, in sentences for the person who brought it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from photomotion.data import Face, Finding, Suitability

from .quality import FaceQuality

__all__ = ["judge"]

SEVERITY = {
    "no-face": 3, "profile": 3, "rotated-scan": 3, "tiny-face": 2, "cropped-face": 2, "sunglasses": 2, "blurred": 2,
    "three-quarter": 2, "dark": 2, "overexposed": 2, "low-contrast": 1, "eyes-closed": 1, "mouth-open": 1,
    "side-light": 1, "tilted": 1, "glasses": 1, "several-faces": 0,
}  # fmt: skip
"""3 makes a film poor, 2 fair, 1 is handled, 0 is only worth saying. Every code this analyzer can give."""


def judge(faces: Sequence[Face], qualities: Sequence[FaceQuality]) -> Suitability:
    """Findings for the photo and each face, worst first, and what to expect of a film of the largest face."""
    if not faces:
        advice = "Try a photo in which the face is larger and both eyes can be seen."
        finding = Finding(code="no-face", value=0.0, message=f"No face was found. {advice}")
        return Suitability(findings=(finding,), expectation="poor")
    findings = []
    if len(faces) > 1:
        message = f"There are {len(faces)} people in the photo."
        action = "each moves in a way of their own"
        findings.append(Finding(code="several-faces", value=float(len(faces)), message=message, action=action))
    for index, (face, quality) in enumerate(zip(faces, qualities, strict=True)):
        for checks in (_pose(face), _expression(face, quality), _picture(face, quality)):
            findings += [Finding(code=c, value=v, message=m, action=a, face=index) for c, v, m, a in checks]
    findings.sort(key=lambda f: (-SEVERITY[f.code], -1 if f.face is None else f.face))
    worst = max((SEVERITY[f.code] for f in findings if f.face == 0), default=0)
    return Suitability(findings=tuple(findings), expectation="poor" if worst == 3 else "fair" if worst == 2 else "good")


Check = tuple[str, float, str, str]
"""Code, value, message, action."""


def _pose(face: Face) -> Iterator[Check]:
    turned, leaning = abs(face.pose.yaw), abs(face.pose.roll)
    if turned > 50:
        yield "profile", turned, "The face is seen from the side.", "the head hardly turns"
    elif turned > 25:
        yield "three-quarter", turned, "The face is turned well to one side.", "the head turns less"
    if leaning > 60:
        yield "rotated-scan", leaning, "The photo lies on its side.", "turn the photo upright for the best film"
    elif leaning > 20:
        yield "tilted", leaning, "The head leans to one side.", "the head moves about its own axis"


def _expression(face: Face, quality: FaceQuality) -> Iterator[Check]:
    eyes = max(face.eyes_open)
    if quality.eye_darkness < 0.4:
        message = "The eyes are behind dark glasses or in deep shadow."
        yield "sunglasses", quality.eye_darkness, message, "no blinks and no gaze"
    elif eyes < 0.3:
        yield "eyes-closed", eyes, "The eyes are closed.", "they stay closed"
    elif quality.bridge > 0.3 and quality.rim > 0.35 and abs(face.pose.yaw) < 45:
        yield "glasses", quality.bridge, "The person wears glasses.", "the frame stays rigid while the lids move"
    if face.mouth_open > 0.15:
        yield "mouth-open", face.mouth_open, "The mouth is open.", "the lips keep their shape"


def _picture(face: Face, quality: FaceQuality) -> Iterator[Check]:
    size = face.eye_distance
    if size < 64:
        yield (
            "tiny-face",
            size,
            f"The face is small: {size:.0f} pixels between the eyes.",
            "finer movements are left out",
        )
    if quality.outside > 0.02:
        message = f"{100 * quality.outside:.0f} % of the face lies beyond the border of the photo."
        yield "cropped-face", quality.outside, message, "the head moves less"
    if quality.brightness < 0.18:
        yield "dark", quality.brightness, "The face is very dark.", "movements stay small"
    if quality.clipped > 0.08 or quality.brightness > 0.88:
        message = "Parts of the face are burnt out to white."
        yield "overexposed", max(quality.clipped, quality.brightness), message, "movements stay small"
    if quality.contrast < 0.2:
        yield "low-contrast", quality.contrast, "The face is faded: there is little contrast.", ""
    if quality.sharpness < 0.22:
        yield "blurred", quality.sharpness, "The face is out of focus.", ""
    if quality.balance < 0.35 and abs(face.pose.yaw) < 45:
        message = "The light comes from one side; half of the face is in shadow."
        yield "side-light", quality.balance, message, "the head turns less"
