"""Everything that is said of people once it is known where their faces are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from photomotion.builtin.defects import shrunk
from photomotion.data import Analysis, Face, Lighting, Photo, Pose

from .cost import estimate_cost
from .lighting import measure_lighting, normals
from .matte import WORK, MatteModel, inside
from .openness import measure_eyes, measure_mouth
from .pose import estimate_uncertainty, measure_pose
from .prints import CRACKED, measure_print
from .quality import measure_quality
from .region import Floats, Scales
from .suitability import Seen, judge
from .visibility import measure_cover, measure_visibility

__all__ = ["Describer", "Sighting"]

RIM = 0.08
"""How far from the border around a picture people end, in eye distances: as far as the renderer's layer goes beyond the
matte."""
SURELY_TURNED, SQUARELY = 0.6, 30.0
"""A photo is set upright if a face in it is at least so certain, and all lie within so many degrees of a quarter."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sighting:
    """A face that was found in a photo."""

    landmarks: Floats
    """float32 (478, 3), px, as in :attr:`photomotion.data.Face.landmarks`."""
    confidence: float = 1.0
    """0..1, how sure it is that this is a face."""
    pose: Pose | None = None
    """How the head is turned, if whoever found it measured it; otherwise it is read off the landmarks."""
    looks: Floats | None = None
    """float32 (K, 468, 3), px: the mesh as it came out at several slightly different looks, if there were several.
    Where they disagree, something hides the face, and the pose is less certain."""


class Describer:
    """Measures pose, lids, mouth, visibility, matte and light of faces that somebody found, and what will be hard."""

    def __init__(self, segment: Callable[[Floats], Floats] | None = None) -> None:
        """Nothing is loaded before the first photo.

        Args:
            segment: tells people from background: takes a float32 (256, 256, 3) picture, sRGB in 0..1, and returns
                float32 (256, 256), 0 background ... 1 person. It is shown the photo and several squares around each
                head, and its answers are refined at the photo's own resolution. None is the model that comes along.
        """
        self._matte = MatteModel(segment)

    def describe(self, photo: Photo, sightings: Sequence[Sighting]) -> Analysis:
        """Say everything about the people in a photo; they come out largest first.

        Args:
            photo: what they were found in.
            sightings: one for each face, in any order; none is no error.
        """
        scales = Scales(photo.pixels)
        found = sorted(sightings, key=lambda one: -float(np.ptp(one.landmarks[:468, :2], axis=0).prod()))
        landmarks = [np.asarray(one.landmarks, np.float32) for one in found]
        small = shrunk(photo.pixels, WORK)
        # Half of the work is the matte, and hardly any of that is Python: it goes on beside the rest.
        with ThreadPoolExecutor(1, thread_name_prefix="matte") as beside:
            cutting = beside.submit(self._matte.cut_out, scales, small, landmarks)
            seen = [_measure(scales, one) for one in found]
            faces = tuple(one.face for one in seen)
            light = measure_lighting(scales, landmarks[0], seen[0].normals) if faces else Lighting()
            scale = np.float32(max(small.shape) / max(photo.pixels.shape))
            printed = measure_print(small, [one * scale for one in landmarks], cutting.result) if faces else None
        matte = cutting.result()
        if printed and printed.scratches > CRACKED:
            matte = self._matte.cut_out(scales, small, landmarks, cracked=True)
        if printed and printed.picture is not None:
            matte = inside(matte, printed.picture, RIM * float(np.linalg.norm(landmarks[0][33] - landmarks[0][263])))
        cost = estimate_cost(photo.width, photo.height, faces)
        suitability = judge(seen, light, printed, _turn(faces), cost)
        return Analysis(faces=faces, matte=matte, lighting=light, suitability=suitability)


def _measure(scales: Scales, found: Sighting) -> Seen:
    landmarks = np.asarray(found.landmarks, np.float32)
    mesh = landmarks[:468]
    looks = mesh[None] if found.looks is None else found.looks
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    pose = found.pose or measure_pose(mesh, scales.width, scales.height)
    mouth = measure_mouth(landmarks)
    normal = normals(mesh)
    cover = measure_cover(scales, landmarks, looks, mouth_open=mouth, yaw=pose.yaw)
    face = Face(
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        landmarks=landmarks,
        pose=replace(pose, uncertainty=estimate_uncertainty(pose, looks, scales.width, scales.height)),
        eyes_open=measure_eyes(landmarks),
        mouth_open=mouth,
        confidence=found.confidence,
        visibility=measure_visibility(landmarks, normal, cover, scales.width, scales.height),
    )
    return Seen(face=face, normals=normal, quality=measure_quality(scales, face), cover=cover)


def _turn(faces: Sequence[Face]) -> int:
    """Degrees clockwise that set the photo upright, if all faces but the smallest lie alike and squarely; else 0."""
    if not faces or max(face.confidence for face in faces) < SURELY_TURNED:
        return 0
    turns = set()
    largest = _area(faces[0])
    for face in faces:
        if _area(face) > largest / 4:
            roll = face.pose.roll
            quarter = round(roll / 90) * 90
            turns.add(-quarter % 360 if abs(math.remainder(roll - quarter, 360)) < SQUARELY else 0)
    return turns.pop() if len(turns) == 1 else 0


def _area(face: Face) -> float:
    return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1])
