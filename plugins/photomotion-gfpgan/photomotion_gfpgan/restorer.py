"""Faces redrawn one after the other, each held to the person in the scan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from photomotion.data import Face, Mending, Photo, Restoration
from photomotion.plugin import Event, FaceAnalyzer

from .alignment import Alignment, Floats
from .enlarging import Enlarger
from .guard import Guard, Verdict
from .pasting import Canvas, face_mask
from .tones import Tone

__all__ = ["FaceRestorer"]

SMALLEST = 12.0
"""Distance between the outer eye corners, px, below which a face holds too little of a person to be kept to it."""
TURNED = 50.0
"""Yaw, degrees, beyond which a face no longer fits the template that the networks know."""
SIGMA = 24.0
"""What is larger than this on a face, px of the square, keeps the scan's own brightness and colour."""


class FaceRestorer:
    """Redraws the faces of a photo with a network.

    Args:
        network: redraws an aligned face, float32 (512, 512, 3), 0..255, to the same.
        open_analyzer: gives the analyzer that finds faces; called when it is first needed.
        fidelity: how much of the scan's own face stays, 0..1.
        guard: sees that it stays the person.
        enlarger: enlarges what is around the faces; None keeps the photo's size.
        on_event: told how far the work is, and when a face had to be held back.
    """

    def __init__(
        self,
        network: Callable[[Floats], Floats],
        open_analyzer: Callable[[], FaceAnalyzer],
        *,
        fidelity: float,
        guard: Guard,
        enlarger: Enlarger | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._network = network
        self._open = open_analyzer
        self._fidelity = fidelity
        self._guard = guard
        self._enlarger = enlarger
        self._on_event = on_event

    def restore(self, photo: Photo) -> Restoration:
        """Redraw every face that is large enough and not turned too far away.

        Raises:
            StageError: if the network fails.
        """
        faces = self._open().analyze(photo).faces
        tone = Tone.of(photo)
        steps: list[Mending] = []
        if self._enlarger is None:
            canvas, scale = Canvas(photo.pixels, photo.pixels), 1
        else:
            canvas, scale = self._enlarger.canvas(photo, tone), self._enlarger.scale
            steps.append(self._enlarger.step(photo))
        if not faces:
            steps.append(Mending(name="face", measured=0, strength=0, sentence="No face was found, none was redrawn."))
        for number, face in enumerate(faces, 1):
            label = "The face" if len(faces) == 1 else f"Face {number} of {len(faces)}"
            self._on_event(Event(stage="restorer", done=number - 1, total=len(faces), message="redrawing faces"))
            steps.append(self._redraw(photo, face, label, tone, canvas, scale))
        if faces:
            self._on_event(Event(stage="restorer", done=len(faces), total=len(faces), message="faces redrawn"))
        if scale == 1 and np.array_equal(canvas.pixels, photo.pixels):
            return Restoration(photo=photo, steps=tuple(steps))
        changed = canvas.changed()
        generated = changed if scale == 1 else canvas.generated
        return Restoration(
            photo=photo.with_pixels(canvas.pixels), changed=changed, generated=generated, steps=tuple(steps)
        )

    def _redraw(self, photo: Photo, face: Face, label: str, tone: Tone, canvas: Canvas, scale: int) -> Mending:
        """Redraw one face on the canvas and say what was done."""
        left = self._left_alone(face, label)
        if left is not None:
            return left
        alignment = Alignment.of(face)
        scan = alignment.crop(photo.pixels)
        made = tone.keep(self._network(scan), scan, SIGMA)
        landmarks = alignment.apply(face.landmarks[:, :2])
        asked = 1 - self._fidelity
        verdict = self._guard.judge(scan, made, landmarks, asked, alignment.scale)
        if verdict.blend < asked:
            words = self._held_back(label, verdict, asked)
            self._on_event(Event(stage="restorer", message=words, notice=True))
        else:
            words = (
                f"{label} was redrawn by {verdict.blend:.0%}: it moved by {verdict.kept.shift:.1%} of the eye "
                f"distance, eyes and mouth are {verdict.kept.likeness:.0%} alike."
            )
        canvas.put(alignment.in_enlarged(scale), made - scan, face_mask(landmarks), verdict.blend)
        return Mending(name="face", measured=verdict.wanted.shift, strength=verdict.blend, sentence=words)

    def _left_alone(self, face: Face, label: str) -> Mending | None:
        """What is said of a face that is not redrawn, or None."""
        wide, turn = face.eye_distance, abs(face.pose.yaw)
        if wide < SMALLEST:
            words = f"{label} was left as it is: {wide:.0f} px between the eyes are too few to know anybody by."
            return Mending(name="face", measured=wide, strength=0, sentence=words)
        if turn > TURNED:
            words = f"{label} was left as it is: it is turned by {turn:.0f} degrees, a network would turn it back."
            return Mending(name="face", measured=turn, strength=0, sentence=words)
        return None

    def _held_back(self, label: str, verdict: Verdict, asked: float) -> str:
        wanted, guard = verdict.wanted, self._guard
        reasons = []
        if not wanted.seen:
            reasons.append("no longer looked like a face")
        elif wanted.shift > verdict.limit:
            reasons.append(f"moved by {wanted.shift:.1%} of the eye distance (at most {verdict.limit:.1%})")
        if wanted.likeness < guard.min_likeness:
            reasons.append(f"was only {wanted.likeness:.0%} alike in eyes or mouth (at least {guard.min_likeness:.0%})")
        much = "it was left as scanned"
        if verdict.blend:
            much = f"it was redrawn by {verdict.blend:.0%} instead of {asked:.0%}"
        return f"{label} {' and '.join(reasons)}: {much}, to stay the person in the scan."
