"""A picture of what was found in a photo: meshes, boxes, pose, matte, light and findings, for people to look at."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from .console import describe_analysis
from .data import Analysis, Face, Photo
from .reading import resize_photo

__all__ = ["draw", "draw_png"]

Pixels = npt.NDArray[np.uint8]

LONG_EDGE = 1200
"""The photo's long edge in the picture, px."""
PANEL = 460
"""Width of the text beside it, px."""
INK, MUTED, PAPER = (236, 236, 230), (178, 180, 186), (24, 25, 28)
MINT, GOLD, SKY, ROSE = (120, 235, 190), (255, 205, 90), (110, 190, 255), (255, 110, 110)

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
NOSE_TIP = 1
LEGEND = "Blue: the person's edge. Arrows at the nose: the head's axes. Gold arrow: the light."
MESH = 468


def draw(photo: Photo, analysis: Analysis) -> Pixels:
    """Draw what was found over the photo, with the findings as text beside it.

    Args:
        photo: the photo that was analyzed.
        analysis: what was found in it.

    Returns:
        uint8 (H, W, 3), sRGB; the photo's long edge becomes 1200 px, the text takes 460 px on its right.
    """
    scale = LONG_EDGE / max(photo.width, photo.height)
    canvas = resize_photo(photo, LONG_EDGE).pixels.copy()
    _draw_matte(canvas, analysis)
    for number, face in enumerate(analysis.faces, 1):
        _draw_face(canvas, face, scale, number)
    if analysis.faces and analysis.lighting.confidence > 0:
        _draw_light(canvas, analysis, scale)
    panel = _write_panel([*describe_analysis(photo, analysis), LEGEND], len(canvas))
    if len(panel) > len(canvas):
        canvas = np.vstack([canvas, np.full((len(panel) - len(canvas), canvas.shape[1], 3), PAPER, np.uint8)])
    return np.hstack([canvas, panel])


def draw_png(photo: Photo, analysis: Analysis) -> bytes:
    """The picture of :func:`draw` as the bytes of a PNG file."""
    _, data = cv2.imencode(".png", cv2.cvtColor(draw(photo, analysis), cv2.COLOR_RGB2BGR))
    return bytes(data.tobytes())


def _draw_matte(canvas: Pixels, analysis: Analysis) -> None:
    """The edge between person and background."""
    height, width = canvas.shape[:2]
    matte = cv2.resize(np.ascontiguousarray(analysis.matte), (width, height), interpolation=cv2.INTER_LINEAR)
    edges, _ = cv2.findContours((matte > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    _blend(canvas, 0.85, lambda layer: cv2.drawContours(layer, edges, -1, SKY, 2, cv2.LINE_AA))


def _draw_face(canvas: Pixels, face: Face, scale: float, number: int) -> None:
    points = face.landmarks[:, :2] * scale
    unit = max(face.eye_distance * scale, 1.0)
    thick = max(1, round(unit / 120))
    dots = np.rint(points * 16).astype(np.int32)

    def mesh(layer: Pixels) -> None:
        for edge in np.rint(_edges(points[:MESH]) * 16).astype(np.int32):
            cv2.line(layer, edge[:2].tolist(), edge[2:].tolist(), MINT, 1, cv2.LINE_AA, 4)

    def outlines(layer: Pixels) -> None:
        for outline in OUTLINES:
            cv2.polylines(layer, [dots[list(outline)]], True, MINT, thick, cv2.LINE_AA, 4)
        for first in (MESH, MESH + 5):
            radius = float(np.linalg.norm(points[first + 1 : first + 5] - points[first], axis=1).mean())
            cv2.circle(layer, dots[first].tolist(), round(radius * 16), GOLD, thick, cv2.LINE_AA, 4)

    _blend(canvas, 0.35, mesh)
    _blend(canvas, 0.85, outlines)
    x0, y0, x1, y1 = (round(v * scale) for v in face.box)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), INK, thick, cv2.LINE_AA)
    cv2.putText(canvas, str(number), (x0 + 6, y0 + 24), cv2.FONT_HERSHEY_DUPLEX, 0.8, INK, 1, cv2.LINE_AA)
    tip = points[NOSE_TIP]
    for axis, colour in zip(_rotation(face), (ROSE, MINT, GOLD), strict=True):
        end = tip + axis[:2] * unit * 0.7
        cv2.arrowedLine(canvas, _whole(tip), _whole(end), colour, max(2, thick + 1), cv2.LINE_AA, tipLength=0.12)


def _rotation(face: Face) -> npt.NDArray[np.float64]:
    """The head's axes in the picture, one a row: to the right of the picture, up, and out of the nose."""
    yaw, pitch, roll = np.radians([face.pose.yaw, face.pose.pitch, face.pose.roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    axes: npt.NDArray[np.float64] = (about_z @ about_y @ about_x @ np.diag([1.0, -1.0, -1.0])).T
    return axes


def _edges(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Lines between neighbouring points (Delaunay 1934), float32 (N, 4): x and y of both ends."""
    x, y = (int(v) for v in np.floor(points.min(0)) - 2)
    right, bottom = (int(v) for v in np.ceil(points.max(0)) + 2)
    subdivision = cv2.Subdiv2D((x, y, right - x, bottom - y))
    for point in points:
        subdivision.insert((float(point[0]), float(point[1])))
    edges = np.asarray(subdivision.getEdgeList(), np.float32).reshape(-1, 4)
    # OpenCV begins with a triangle far outside, whose edges are in the list too.
    inside = ((edges >= [x, y, x, y]) & (edges <= [right, bottom, right, bottom])).all(1)
    kept: npt.NDArray[np.float32] = edges[inside]
    return kept


def _draw_light(canvas: Pixels, analysis: Analysis, scale: float) -> None:
    """An arrow that falls on the largest face from where the light comes from."""
    face = analysis.faces[0]
    toward = np.array(analysis.lighting.direction[:2])
    reach = face.eye_distance * scale
    middle = face.landmarks[:MESH, :2].mean(0) * scale
    begin, end = middle + toward * reach * 2.4, middle + toward * reach * 1.3
    if np.linalg.norm(toward) > 0.1:
        cv2.arrowedLine(canvas, _whole(begin), _whole(end), GOLD, 4, cv2.LINE_AA, tipLength=0.25)
    cv2.circle(canvas, _whole(begin), 10, GOLD, -1, cv2.LINE_AA)


def _whole(point: npt.NDArray[np.floating]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _blend(canvas: Pixels, opacity: float, paint: Callable[[Pixels], object]) -> None:
    """Let ``paint`` draw on a copy, and lay that over the canvas."""
    layer = canvas.copy()
    paint(layer)
    cv2.addWeighted(layer, opacity, canvas, 1 - opacity, 0, dst=canvas)


def _write_panel(lines: list[str], height: int) -> Pixels:
    """The text, as tall as the photo or taller; drawn at double size, which gives OpenCV's letters smooth edges."""
    rows: list[tuple[str, tuple[int, int, int]]] = []
    for index, line in enumerate(lines):
        plain = line.encode("ascii", "replace").decode()
        rows += [(part, INK if index == 0 else MUTED) for part in textwrap.wrap(plain, 44)] + [("", INK)]
    tall = max(height, 30 + 24 * len(rows))
    panel = np.full((2 * tall, 2 * PANEL, 3), PAPER, np.uint8)
    for row, (text, colour) in enumerate(rows):
        cv2.putText(panel, text, (44, 84 + 48 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.95, colour, 2, cv2.LINE_AA)
    return np.asarray(cv2.resize(panel, (PANEL, tall), interpolation=cv2.INTER_AREA), np.uint8)
