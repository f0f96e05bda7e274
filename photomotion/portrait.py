"""A picture of what was found in a photo: meshes, pose, matte and light over it, and the findings beside it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from .data import Analysis, Face, Photo
from .panel import GOLD, INK, MINT, PAPER, ROSE, SKY, draw_panel
from .reading import resize_photo

__all__ = ["draw", "draw_png"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LONG_EDGE = 1200
"""The photo's long edge in the picture, px."""
DIM = 0.4
"""What is left of the background's brightness, so that people stand out."""
CERTAIN = 0.15
"""Confidence of the light below which no sun is drawn."""

# MediaPipe's mesh: closed outlines by the numbers of their points.
OUTLINES = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
     152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
)  # fmt: skip
MIDDLES = {
    "left_eye": 473, "right_eye": 468, "forehead": 151, "left_cheek": 280, "right_cheek": 50, "mouth": 13, "jaw": 199,
}  # fmt: skip
"""A point in the middle of each part of Visibility."""
NOSE_TIP = 1
MESH = 468


def draw(photo: Photo, analysis: Analysis) -> Pixels:
    """Draw what was found over the photo, with the findings as text beside it.

    Args:
        photo: the photo that was analyzed.
        analysis: what was found in it.

    Returns:
        uint8 (H, W, 3), sRGB; the photo's long edge becomes 1200 px, the panel takes 460 px on its right.
    """
    scale = LONG_EDGE / max(photo.width, photo.height)
    canvas = resize_photo(photo, LONG_EDGE).pixels.copy()
    if analysis.faces:
        _draw_matte(canvas, analysis)
        _draw_light(canvas, analysis, scale)
    for number, face in enumerate(analysis.faces, 1):
        _draw_face(canvas, face, scale, number if len(analysis.faces) > 1 else 0)
    panel = draw_panel(photo, analysis, len(canvas))
    if len(panel) > len(canvas):
        canvas = np.vstack([canvas, np.full((len(panel) - len(canvas), canvas.shape[1], 3), PAPER, np.uint8)])
    return np.hstack([canvas, panel])


def draw_png(photo: Photo, analysis: Analysis) -> bytes:
    """The picture of :func:`draw` as the bytes of a PNG file."""
    _, data = cv2.imencode(".png", cv2.cvtColor(draw(photo, analysis), cv2.COLOR_RGB2BGR))
    return bytes(data.tobytes())


def _draw_matte(canvas: Pixels, analysis: Analysis) -> None:
    """Dim what is no person, and draw the edge between, with a glow."""
    height, width = canvas.shape[:2]
    matte = cv2.resize(np.ascontiguousarray(analysis.matte), (width, height), interpolation=cv2.INTER_LINEAR)
    bright = (DIM + (1 - DIM) * matte)[..., None]
    edges, _ = cv2.findContours((matte > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    line = cv2.drawContours(np.zeros((height, width), np.uint8), edges, -1, 255, 2, cv2.LINE_AA)
    glow = np.maximum(line * np.float32(0.9), 2 * cv2.GaussianBlur(line, (0, 0), 4).astype(np.float32)) / 255
    glow = np.clip(glow, 0, 0.9)[..., None]
    canvas[:] = np.round(canvas * bright * (1 - glow) + glow * np.array(SKY, np.float32))


def _draw_face(canvas: Pixels, face: Face, scale: float, number: int) -> None:
    points = face.landmarks[:, :2] * scale
    unit = max(face.eye_distance * scale, 1.0)
    thick = max(1, round(unit / 160))
    dots = np.rint(points * 16).astype(np.int32)

    def mesh(layer: Pixels) -> None:
        edges = _edges(points[:MESH])
        middles = (edges[:, :2] + edges[:, 2:]) / 2
        for edge, seen in zip(np.rint(edges * 16).astype(np.int32), _visibility(face, points, middles), strict=True):
            colour = tuple(round(float(seen * m + (1 - seen) * r)) for m, r in zip(MINT, ROSE, strict=True))
            cv2.line(layer, edge[:2].tolist(), edge[2:].tolist(), colour, 1, cv2.LINE_AA, 4)

    def outlines(layer: Pixels) -> None:
        for outline in OUTLINES:
            cv2.polylines(layer, [dots[list(outline)]], True, INK, thick, cv2.LINE_AA, 4)
        for first in (MESH, MESH + 5):
            radius = float(np.linalg.norm(points[first + 1 : first + 5] - points[first], axis=1).mean())
            cv2.circle(layer, dots[first].tolist(), round(radius * 16), GOLD, thick, cv2.LINE_AA, 4)

    _blend(canvas, 0.5, mesh)
    _blend(canvas, 0.7, outlines)
    _draw_axes(canvas, face, points[NOSE_TIP], unit)
    if number:
        x, y = round(face.box[0] * scale), round(face.box[1] * scale - 0.15 * unit)
        cv2.circle(canvas, (x, y), 17, PAPER, -1, cv2.LINE_AA)
        cv2.putText(canvas, str(number), (x - 7, y + 8), cv2.FONT_HERSHEY_DUPLEX, 0.75, INK, 1, cv2.LINE_AA)


def _visibility(face: Face, points: Floats, at: npt.NDArray[np.floating]) -> Floats:
    """How well the face can be seen at places (N, 2), 0..1: of the parts around, the nearer count more."""
    parts = vars(face.visibility)
    middles = np.stack([points[MIDDLES[part]] for part in parts])
    near = 1 / (np.square(at[:, None] - middles[None]).sum(axis=-1) + 1.0) ** 1.5
    seen: Floats = np.asarray(near @ np.array(list(parts.values())) / near.sum(axis=1), np.float32)
    return seen


def _draw_axes(canvas: Pixels, face: Face, tip: Floats, unit: float) -> None:
    """The head's axes at the nose; the one out of the face ends in an ellipse as wide as the pose is uncertain."""
    thick = max(2, round(unit / 90))
    reach = 0.75 * unit
    right, up, out = (tip + axis[:2] * reach for axis in _rotation(face))
    yaw, pitch, _ = face.pose.uncertainty
    doubt = [max(1, round(float(reach * np.sin(np.radians(min(d, 60)))))) for d in (yaw, pitch)]
    _blend(canvas, 0.35, lambda layer: cv2.ellipse(layer, (_whole(out), (2 * doubt[0], 2 * doubt[1]), 0), GOLD, -1))
    for end, colour in ((right, ROSE), (up, MINT), (out, GOLD)):
        cv2.arrowedLine(canvas, _whole(tip), _whole(end), PAPER, thick + 3, cv2.LINE_AA, tipLength=0.14)
        cv2.arrowedLine(canvas, _whole(tip), _whole(end), colour, thick, cv2.LINE_AA, tipLength=0.14)


def _rotation(face: Face) -> npt.NDArray[np.float64]:
    """The head's axes in the picture, one a row: to the right of the picture, up, and out of the nose."""
    yaw, pitch, roll = np.radians([face.pose.yaw, face.pose.pitch, face.pose.roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    axes: npt.NDArray[np.float64] = (about_z @ about_y @ about_x @ np.diag([1.0, -1.0, -1.0])).T
    return axes


def _edges(points: Floats) -> Floats:
    """Lines between neighbouring points (Delaunay 1934), float32 (N, 4): x and y of both ends."""
    x, y = (int(v) for v in np.floor(points.min(0)) - 2)
    right, bottom = (int(v) for v in np.ceil(points.max(0)) + 2)
    subdivision = cv2.Subdiv2D((x, y, right - x, bottom - y))
    for point in points:
        subdivision.insert((float(point[0]), float(point[1])))
    edges = np.asarray(subdivision.getEdgeList(), np.float32).reshape(-1, 4)
    # OpenCV begins with a triangle far outside, whose edges are in the list too.
    inside = ((edges >= [x, y, x, y]) & (edges <= [right, bottom, right, bottom])).all(1)
    kept: Floats = edges[inside]
    return kept


def _draw_light(canvas: Pixels, analysis: Analysis, scale: float) -> None:
    """A sun where the light on the largest face comes from, and its ray; the softer the light, the wider the sun."""
    light = analysis.lighting
    if light.confidence < CERTAIN:
        return
    face = analysis.faces[0]
    toward = np.array(light.direction[:2])
    aside = float(np.linalg.norm(toward))
    if aside < 0.15:
        return  # from where the camera stands
    reach = max(face.eye_distance * scale, 20.0)
    middle = face.landmarks[:MESH, :2].mean(0) * scale
    begin, end = (middle + toward / aside * reach * far for far in (2.0, 1.25))
    radius = reach * (0.1 + 0.12 * light.softness)
    begin = np.clip(begin, radius, np.array(canvas.shape[1::-1]) - 1 - radius)
    sun = np.zeros(canvas.shape[:2], np.float32)
    cv2.circle(sun, _whole(begin), round(radius), 1.0, -1, cv2.LINE_AA)
    small = cv2.resize(sun, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    glow = cv2.resize(cv2.GaussianBlur(small, (0, 0), radius / 4), sun.shape[1::-1])
    glow = np.clip(np.maximum(sun, 0.9 * glow), 0, 1)[..., None]
    canvas[:] = np.round(canvas * (1 - glow) + glow * np.array(GOLD, np.float32))
    thick = max(2, round(reach / 40))
    for colour, width in ((PAPER, thick + 3), (GOLD, thick)):
        cv2.arrowedLine(canvas, _whole(begin), _whole(end), colour, width, cv2.LINE_AA, tipLength=0.25)


def _whole(point: npt.NDArray[np.floating]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _blend(canvas: Pixels, opacity: float, paint: Callable[[Pixels], object]) -> None:
    """Let ``paint`` draw on a copy, and lay that over the canvas."""
    layer = canvas.copy()
    paint(layer)
    cv2.addWeighted(layer, opacity, canvas, 1 - opacity, 0, dst=canvas)
