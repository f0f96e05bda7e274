"""Finding faces: MediaPipe's two BlazeFace detectors over scales, tiles and quarter turns.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["Detection", "FaceDetector", "merge", "tiles"]

OVERLAP = 0.3
"""Boxes that share more than this part of their union show the same face (MediaPipe's value)."""
SMALLEST_TILE = 640
"""px; in a tile of this side the full-range model still sees a face of 40 px between the outer eye corners."""
ASIDE = 0.05
"""How much an answer counts beside the short-range network's look at the whole photo, which is MediaPipe's own."""
LOWER, SMALLER = 0.046, 0.95
"""The full-range network's boxes lie higher than the short-range one's, by this part of their side, and are larger:
means over 53 faces, each placed 16 times. With this put right, it hardly matters which of the two has seen a face."""
GROUP, CLOSER = 3, 0.6
"""Faces from which on a photo is looked at once more, in squares of that part of its long edge."""
TILES = 60
"""Bound on the tiles of one scale, so that a huge photo costs no more than a large one."""


@dataclass(frozen=True, eq=False)
class Detection:
    """Where a face is, roughly."""

    score: float
    """0..1."""
    box: Floats
    """float32 (4, 2): corners of the detector's box in the photo, px, from the face's own top left, clockwise."""
    keypoints: Floats
    """float32 (6, 2) px: eye on the picture's left, the other eye, nose, mouth, ear on the left, the other ear."""

    @property
    def size(self) -> float:
        """Side of the box, px."""
        return float(np.linalg.norm(self.box[1] - self.box[0]))

    def region(self) -> Region:
        """The square that the mesh model is to look at: 1.5 times the box, level with the eyes."""
        start, end = self.keypoints[0], self.keypoints[1]
        middle = self.box.mean(axis=0)
        width = np.linalg.norm(self.box[1] - self.box[0])
        height = np.linalg.norm(self.box[3] - self.box[0])
        angle = math.atan2(float(end[1] - start[1]), float(end[0] - start[0]))
        return Region(float(middle[0]), float(middle[1]), 1.5 * float(max(width, height)), angle)


Answer = tuple[Detection, float]
"""Where a detector saw a face, and how much that counts."""


class _Network:
    """One single-shot detector with square, fixed-size anchors."""

    def __init__(
        self,
        name: str,
        side: int,
        cells: tuple[tuple[int, int], ...],
        threshold: float,
        lower: float = 0.0,
        smaller: float = 1.0,
    ) -> None:
        self.model = Model(name)
        self.lower = lower
        self.smaller = smaller
        self.side = side
        self.threshold = threshold
        grids = []
        for count, repeat in cells:
            y, x = np.mgrid[0:count, 0:count].astype(np.float32)
            grid = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / count * side
            grids.append(np.repeat(grid, repeat, axis=0))
        self.anchors = np.concatenate(grids)

    def find(self, scales: Scales, region: Region) -> list[Detection]:
        """Faces inside one region, best first, overlapping answers averaged by score."""
        image = region.cut(scales, self.side).astype(np.float32) / 127.5 - 1.0
        raw, logits = self.model(image)
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[:, 0], -80, 80)))
        kept = np.flatnonzero(scores >= self.threshold)
        if not kept.size:
            return []
        scores, raw, anchors = scores[kept], raw[kept], self.anchors[kept]
        middle, half = raw[:, 0:2] + anchors, self.smaller * raw[:, 2:4] / 2
        middle[:, 1] += self.lower * raw[:, 3]
        boxes = np.concatenate([middle - half, middle + half], axis=1)
        points = raw[:, 4:16].reshape(-1, 6, 2) + anchors[:, None]
        found = []
        rest = np.argsort(-scores, kind="stable")
        while rest.size:
            same = _overlap(boxes[rest[0]], boxes[rest]) > OVERLAP
            same[0] = True
            group, rest_next = rest[same], rest[~same]
            weight = scores[group] / scores[group].sum()
            x0, y0, x1, y1 = weight @ boxes[group]
            keypoints = np.tensordot(weight, points[group], axes=1)
            corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
            box, keypoints = region.to_photo(corners, self.side), region.to_photo(keypoints, self.side)
            found.append(Detection(float(scores[rest[0]]), box, keypoints))
            rest = rest_next
        return found


class FaceDetector:
    """Finds faces of every size; the caller chooses how the photo is held."""

    def __init__(self) -> None:
        """Nothing is loaded before the first search."""
        self._near = _Network("face_detection_short_range.tflite", 128, ((16, 2), (8, 6)), 0.5)
        self._far = _Network("face_detection_full_range_sparse.tflite", 192, ((48, 1),), 0.6, LOWER, SMALLER)

    def find(self, scales: Scales, turn: float = 0.0) -> list[Detection]:
        """Faces that are upright after turning the photo back by ``turn`` radians, one answer a face, best first.

        All answers that show one face are averaged, each by how far its score is above what makes it an answer: one
        that comes or goes with the last gray level then changes little. The score is that of the best.
        """
        found = self._search(scales, tiles(scales.width, scales.height, turn))
        faces = _apart(found)
        if len(faces) >= GROUP:
            # Among many small faces some are just missed in the whole picture.
            closer = CLOSER * max(scales.width, scales.height)
            faces = _apart(found + self._search(scales, _squares(scales.width, scales.height, closer, turn)))
        return [merge(face) for face in faces]

    def _search(self, scales: Scales, regions: Iterable[Region]) -> list[Answer]:
        found: list[Answer] = []
        for region in regions:
            whole = region.size >= max(scales.width, scales.height)
            for network in (self._near, self._far):
                weight = 1.0 if whole and network is self._near else ASIDE
                found += [
                    (d, weight * (d.score - network.threshold + 1e-3))
                    for d in network.find(scales, region)
                    if whole or _inside(d, region)
                ]
        return found


def _apart(found: list[Answer]) -> list[list[Answer]]:
    """The answers by the face they show, the best of each first."""
    faces: list[list[Answer]] = []
    for one in sorted(found, key=lambda one: -one[0].score):
        box = _upright(one[0])
        for face in faces:
            if _overlap(box, _upright(face[0][0])[None])[0] > OVERLAP:
                face.append(one)
                break
        else:
            faces.append([one])
    return faces


def merge(answers: list[Answer]) -> Detection:
    """The weighted mean of answers, best first, that show one face."""
    weight = np.array([w for _, w in answers], np.float32)
    weight /= weight.sum()
    box = np.tensordot(weight, np.stack([d.box for d, _ in answers]), axes=1)
    keypoints = np.tensordot(weight, np.stack([d.keypoints for d, _ in answers]), axes=1)
    return Detection(answers[0][0].score, np.asarray(box, np.float32), np.asarray(keypoints, np.float32))


def tiles(width: int, height: int, turn: float = 0.0) -> Iterator[Region]:
    """Squares that cover a photo: all of it, its square parts if it is long, then halved again and again."""
    long, short = max(width, height), min(width, height)
    sizes = [float(long)]
    if short < 0.75 * long and short >= 128:
        sizes.append(float(short))
    while sizes[-1] / 2 >= SMALLEST_TILE:
        sizes.append(sizes[-1] / 2)
    for size in sizes:
        squares = list(_squares(width, height, size, turn))
        if len(squares) > TILES:
            return
        yield from squares


def _squares(width: int, height: int, size: float, turn: float) -> Iterator[Region]:
    """Squares of one size that cover a photo and overlap."""
    columns, rows = (_starts(length, size) for length in (width, height))
    for top in rows:
        for left in columns:
            yield Region(left + size / 2, top + size / 2, size, turn)


def _starts(length: int, size: float) -> list[float]:
    """Where squares of ``size`` begin along ``length`` so that neighbours share a quarter."""
    if size >= length:
        return [(length - size) / 2]
    count = math.ceil((length - size) / (0.75 * size)) + 1
    return [i * (length - size) / (count - 1) for i in range(count)]


def _inside(detection: Detection, region: Region) -> bool:
    """Whether a face lies in a tile with room around it: one cut by the edge is another tile's."""
    corners = region.from_photo(detection.box, 1)
    return bool((corners > 0.01).all() and (corners < 0.99).all())


def _upright(detection: Detection) -> Floats:
    low, high = detection.box.min(axis=0), detection.box.max(axis=0)
    return np.concatenate([low, high])


def _overlap(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box (4,) with many (N, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(common / np.maximum(area + areas - common, 1e-6), np.float32)
