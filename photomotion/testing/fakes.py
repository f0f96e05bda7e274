"""A drawn portrait with everything known about it, so that tests need neither photos nor models."""

from __future__ import annotations

from importlib.resources import files

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import CHANNELS, Analysis, Conditioning, Face, FaceMotion, Frame, Motion, Photo, Timing

__all__ = ["fake_analysis", "fake_conditioning", "fake_face", "fake_frames", "fake_motion", "fake_photo"]

# Outlines in MediaPipe's mesh, each once around.
_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
         152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
_RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
_LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
_LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
_IRISES = ((468, 470), (473, 475))


def fake_face(width: int = 192, height: int = 240) -> Face:
    """A face that looks straight into the lens, in the middle of a picture of that size, eyes open, mouth closed.

    Its 478 points are a real face's (the NASA photograph in ``examples``), turned to the front and made symmetric.
    """
    with files("photomotion.testing").joinpath("face.npy").open("rb") as file:
        unit: npt.NDArray[np.float16] = np.load(file)
    scale = min(width, height) * 0.32
    landmarks = unit.astype(np.float32) * scale + np.array([width / 2, height * 0.42, 0], np.float32)
    x, y = landmarks[:, 0], landmarks[:, 1]
    box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return Face(box=box, landmarks=landmarks)


def fake_photo(width: int = 192, height: int = 240, *, gray: bool = False) -> Photo:
    """A drawn head and shoulders on a graded background with a little grain; the same at every call."""
    face = fake_face(width, height)
    points = face.landmarks[:, :2]
    rows = np.linspace(60, 140, height, dtype=np.float32)[:, None, None]
    picture = np.ascontiguousarray(np.broadcast_to(rows + np.array([0, 10, 30], np.float32), (height, width, 3)))
    for outline, colour in _person(face, width, height):
        cv2.fillPoly(picture, [np.round(outline).astype(np.int32)], colour, cv2.LINE_AA)
    for eye in (_RIGHT_EYE, _LEFT_EYE):
        cv2.fillPoly(picture, [np.round(points[list(eye)]).astype(np.int32)], (235, 230, 225), cv2.LINE_AA)
    for centre, edge in _IRISES:
        radius = max(1, round(float(np.linalg.norm(points[centre] - points[edge]))))
        x, y = (int(v) for v in np.round(points[centre]))
        cv2.circle(picture, (x, y), radius, (70, 50, 35), -1, cv2.LINE_AA)
    for indices, colour in ((_LIPS, (170, 90, 85)), (_RIGHT_BROW, (70, 50, 40)), (_LEFT_BROW, (70, 50, 40))):
        cv2.fillPoly(picture, [np.round(points[list(indices)]).astype(np.int32)], colour, cv2.LINE_AA)
    picture += np.random.default_rng(0).normal(0, 2, picture.shape).astype(np.float32)
    pixels = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    if gray:
        pixels = np.repeat(pixels[..., 1:2], 3, axis=2)
    return Photo(pixels=pixels, gray=gray, name="fake.png", source_size=(width, height))


def fake_analysis(width: int = 192, height: int = 240) -> Analysis:
    """What an analyzer would find in :func:`fake_photo` of the same size."""
    face = fake_face(width, height)
    matte = np.zeros((height, width), np.float32)
    for outline, _ in _person(face, width, height):
        cv2.fillPoly(matte, [np.round(outline).astype(np.int32)], 1.0)
    return Analysis(faces=(face,), matte=np.clip(cv2.GaussianBlur(matte, (0, 0), 1.5), 0, 1))


def fake_motion(timing: Timing, faces: int = 1, strength: float = 1.0) -> Motion:
    """A slow nod with a turn and one blink for every face; all channels are 0 in the first row."""
    phase = np.sin(np.linspace(0, np.pi, timing.frames, dtype=np.float32))
    values = np.zeros((timing.frames, len(CHANNELS)), np.float32)
    for channel, amplitude in {"headYaw": 4, "headPitch": 2, "breath": 1, "mouthSmileLeft": 0.3}.items():
        values[:, CHANNELS.index(channel)] = strength * amplitude * phase
    for channel in ("eyeBlinkLeft", "eyeBlinkRight"):
        values[:, CHANNELS.index(channel)] = min(strength, 1) * phase**8
    values[0] = 0
    return Motion(fps=timing.fps, faces=(FaceMotion(channels=CHANNELS, values=values),) * faces)


def fake_conditioning(timing: Timing, width: int = 192, height: int = 240, *, gray: bool = False) -> Conditioning:
    """What a conditioner would give for :func:`fake_photo` and :func:`fake_motion`."""
    return Conditioning(
        photo=fake_photo(width, height, gray=gray),
        analysis=fake_analysis(width, height),
        motion=fake_motion(timing),
    )


def fake_frames(timing: Timing, width: int = 192, height: int = 240) -> list[Frame]:
    """A film of :func:`fake_photo` in which it grows darker; the first frame is the photo."""
    pixels = fake_photo(width, height).pixels
    levels = 1 - np.linspace(0, 0.3, timing.frames)
    return [
        Frame(index=i, time=i / timing.fps, pixels=(pixels * level).astype(np.uint8)) for i, level in enumerate(levels)
    ]


def _person(face: Face, width: int, height: int) -> list[tuple[npt.NDArray[np.float32], tuple[int, int, int]]]:
    """Outlines (N, 2) px and colours of hair, shoulders, neck and skin, from back to front."""
    oval = face.landmarks[list(_OVAL), :2]
    middle = oval.mean(axis=0)
    chin = face.landmarks[152, :2]
    wide = float(np.ptp(oval[:, 0]))
    hair = (oval - middle) * np.array([1.25, 1.2], np.float32) + middle - np.array([0, wide * 0.12], np.float32)
    hair[:, 1] = np.minimum(hair[:, 1], chin[1])
    x, y = float(chin[0]), float(chin[1])
    neck = [(x - wide * 0.28, y - wide * 0.3), (x + wide * 0.28, y - wide * 0.3)]
    neck += [(x + wide * 0.33, height), (x - wide * 0.33, height)]
    top = y + wide * 0.3
    shoulders = [(x - wide * 0.4, top), (x + wide * 0.4, top), (x + wide * 1.1, height), (x - wide * 1.1, height)]
    return [
        (hair, (60, 42, 32)),
        (np.array(shoulders, np.float32), (80, 85, 120)),
        (np.array(neck, np.float32), (190, 145, 120)),
        (oval, (215, 170, 145)),
    ]
