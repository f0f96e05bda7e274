"""What shows between lips that part: the edge of the upper teeth, the tongue and the lower lip's inner side, and dark.

Teeth stand on the skull: their arch is even and level with the mouth however the lips above it wind. All of it is as
dark, as bright, as soft and as grainy as the photo around it, so that nothing looks cut out.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face
from photomotion.data.ranks import median, percentile

from .geometry import Array, smoothstep
from .jaw import LipAxes
from .sampling import read_softly
from .tint import Tint

__all__ = ["along", "grain", "inside", "mouth_colours", "softness", "tongue", "visible"]

Pixels = npt.NDArray[np.uint8]

DARK, TEETH, GUM = 0.11, 0.72, 0.33
"""How bright the inside, the teeth and what is of flesh are, of the skin around the mouth: the first at least, the
second at least."""
RED_IN_GRAY = 0.6
"""How bright flesh is in a photo of one hue, of how bright it is in one of all colours: early film hardly sees red."""
DEEPEST, HIGHEST = 0.5, 0.5
"""The inside is at least so much of the darkest around the mouth (nostrils, the line between the lips), and the teeth
at least so much of the brightest: neither faded prints nor dark skin are drawn over."""
TOOTH = 0.046
"""How far the teeth reach below the upper lip, in eye distances (4 mm: middle incisors at slightly parted lips)."""
EDGES = (0.0, 0.095, 0.165, 0.245)
"""Where one tooth ends and the next begins, from the middle aside, in eye distances."""
BEND = 0.35
"""The most that the arch of the teeth bends, eye distances down per square of eye distances aside."""
SHADED = 0.3
"""How much of their brightness the teeth have right under the lip, in its shadow: it lies on all but their edge."""
ASIDE = (18.0, 38.0)
"""Degrees of yaw between which less and less is seen of teeth and tongue: lips and cheek come before them."""
BLURRED = (0.012, 0.026)
"""Blurs (sigma, eye distances) between which they fade but for a fifth: the dark line between the lips is as wide as
they are then, and they would lie below it as a stripe, or as a second lip."""
DOUBT = (0.008, 0.02)
"""Distances of the mesh's inner lips between which they fade likewise, in a mouth that is taken to be shut: if it is
not, the photo shows some above the line already."""
STEP_EDGE = 2.5066
"""A step blurred by sigma rises by its height / (2.5066 sigma) per px at most: the root of 2 pi."""
FIRM, LIMP, SMALL = 0.003, 0.012, 1.5
"""Blurs below and above the first two, in eye distances, are not those of a photo but of noise and of round forms; up
to the third, px, a blur is believed in any face."""


def softness(pixels: Pixels, face: Face, unit: float) -> float:
    """The blur (sigma, px) of the sharpest edges of a face in uint8 (H, W, 3), seen by how steep they are.

    Args:
        pixels: the photo.
        face: whose.
        unit: px per eye distance.
    """
    height, width = pixels.shape[:2]
    most, mesh = [width - 2, height - 2], face.landmarks[:468, :2]
    (x0, y0), (x1, y1) = (np.clip(f(mesh, axis=0), 0, most) for f in (np.min, np.max))
    part = pixels[int(y0) : int(y1) + 2, int(x0) : int(x1) + 2]
    own = 0.7  # against noise; taken off again
    light = cv2.GaussianBlur(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), (0, 0), own).astype(np.float32)
    right, down = (cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0))
    steep = np.hypot(right, down)
    near = np.ones((2 * max(2, round(0.045 * unit)) + 1,) * 2, np.uint8)
    step = cv2.dilate(light, near) - cv2.erode(light, near)
    strong = (step >= percentile(step, 90)) & (steep >= cv2.dilate(steep, np.ones((3, 3), np.uint8)))
    if not strong.any():
        return FIRM * unit
    wide = float(percentile(step[strong] / (STEP_EDGE * steep[strong] + 1e-3), 10))
    return float(np.clip(np.sqrt(max(wide**2 - own**2, 0.0)), FIRM * unit, max(LIMP * unit, SMALL)))


def mouth_colours(tint: Tint, around: Pixels) -> tuple[Array, Array, Array]:
    """The colours of the dark, of teeth and of flesh in a mouth, each float32 (3,), 0..255.

    Args:
        tint: of the face.
        around: uint8 (h, w, 3), the photo from the nostrils to below the lower lip.
    """
    darkest, brightest = percentile(cv2.cvtColor(around, cv2.COLOR_RGB2GRAY), [1, 99]) / max(tint.light, 1.0)
    deep = max(DARK, DEEPEST * min(float(darkest), 0.4))
    bright = max(TEETH, HIGHEST * min(float(brightest), 2.0))
    flesh = max(GUM * (RED_IN_GRAY + (1 - RED_IN_GRAY) * tint.variety), 1.5 * deep)
    return tint.mixed(deep, tint.lip, -0.7), tint.mixed(bright, tint.skin, 0.25), tint.mixed(flesh, tint.lip, -0.4)


def inside(s: Array, t: Array, line: Array, axes: LipAxes, dark: Array, teeth: Array, soft: float) -> Array:
    """What is behind the upper lip of a mouth that is closed in the photo: dark, with the edge of the upper teeth.

    Args:
        s: float32 (h, w), places of the mouth's axes.
        t: float32 (h, w), below the line between the lips, eye distances.
        line: float32 (N,), that line, of :func:`photomotion.warp.lipline.find_line`.
        axes: the mouth's.
        dark: colour, float32 (3,).
        teeth: colour, float32 (3,).
        soft: sigma of the photo's blur, eye distances.

    Returns:
        float32 (h, w, 3).
    """
    half = (axes.ends[1] - axes.ends[0]) / 2
    aside = np.asarray(np.abs(s) * half, np.float32)
    from_corners = t + np.interp(s, np.linspace(-1, 1, len(line)), line) + axes.bend(s)
    below = np.asarray(from_corners - _arch(axes, line, aside), np.float32)
    edge = TOOTH * (1 - 0.5 * smoothstep(np.abs(s), 0.1, 0.8))
    between = np.min([np.abs(aside - e) for e in EDGES], axis=0)
    narrow = max(0.006, soft)  # a gap that the photo could not show is as wide as what it can, and as faint
    gap = np.asarray(0.006 / narrow * np.exp(-((between / narrow) ** 2)), np.float32)
    edge = np.asarray(edge - 0.008 * gap, np.float32)
    worn = max(0.008, 2 * soft)
    seen = (1 - smoothstep(below, edge - worn, edge + worn)) * (1 - smoothstep(np.abs(s), 0.2, 0.8))
    lit = SHADED + (1 - SHADED) * smoothstep(t, 0.0, 0.04)
    lit = lit * (1 - 0.28 * gap) * (1 - 0.5 * smoothstep(aside, 0.05, 0.24))
    return np.asarray(dark + (seen * lit)[..., None] * np.maximum(teeth - dark, 0), np.float32)


def visible(yaw: float, soft: float, gap: float) -> float:
    """How much is seen of the teeth of a shut mouth that opens, 0..1.

    Args:
        yaw: of the head, degrees.
        soft: as in :func:`inside`.
        gap: between the mesh's lips, eye distances.
    """
    turned, faint, doubt = (
        float(smoothstep(np.full(1, value, np.float32), *ends)[0])
        for value, ends in ((abs(yaw), ASIDE), (soft, BLURRED), (gap, DOUBT))
    )
    return (1 - turned) * (1 - 0.8 * faint) * (1 - 0.8 * doubt)


def tongue(s: Array, t: Array, yaw: float) -> Array:
    """How much is seen of flesh above the lower lip, 0..1: its wet inner side and, dimmer, the tongue behind it.

    Args:
        s: float32 (h, w), places of the mouth's axes.
        t: float32 (h, w), below the line between the lips, eye distances.
        yaw: of the head, degrees: lips and cheek come before the tongue, as before teeth.
    """
    lip = 0.6 * np.exp(np.minimum(t, 0) / 0.012) * (1 - smoothstep(np.abs(s), 0.3, 0.95))
    mound = 0.085 * (1 - smoothstep(np.abs(s), 0.0, 0.9))
    behind = 0.7 * smoothstep(t, -mound - 0.03, -mound + 0.09) * (1 - smoothstep(np.abs(s), 0.2, 0.85))
    behind = behind * (1 - smoothstep(np.full(1, abs(yaw), np.float32), *ASIDE))
    return np.asarray(np.maximum(lip, behind), np.float32)


def along(pixels: Pixels, axes: LipAxes, line: Array, s: Array) -> Array:
    """The photo's colour on the line where lips part, at each of ``s`` (h, w), float32 (h, w, 3)."""
    places = np.linspace(-1, 1, len(line), dtype=np.float32)
    x, y = axes.place(places, line)
    found = read_softly(pixels, x[None], y[None], max(0.01 * axes.unit, 0.5))[0]
    found = cv2.GaussianBlur(found.astype(np.float32), (1, 0), 0.1, sigmaY=2.0)
    return np.dstack([np.interp(s, places, found[:, c]) for c in range(3)]).astype(np.float32)


def grain(photo: Pixels, unit: float) -> Array:
    """Pores and grain of the skin around, upside down so that no line meets its own image, as a factor less 1."""
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), max(0.012 * unit, 0.8))
    fine = (light - smooth) / np.maximum(smooth, 12.0)
    limit = 2 * float(median(np.abs(fine))) + 0.005
    return np.asarray(np.clip(fine[::-1], -limit, limit), np.float32)


def _arch(axes: LipAxes, line: Array, aside: Array) -> Array:
    """How far down the teeth's arch is at each of ``aside``, eye distances: the lips' line made even and level."""
    s = np.linspace(-1, 1, len(line), dtype=np.float32)
    down, out = line + axes.bend(s), np.abs(s) * (axes.ends[1] - axes.ends[0]) / 2
    even = np.stack([np.ones_like(out), out**2], 1)[len(s) // 8 : -(len(s) // 8)]
    (middle, bend), *_ = np.linalg.lstsq(even, down[len(s) // 8 : -(len(s) // 8)], rcond=None)
    return np.asarray(middle + np.clip(bend, -BEND, BEND) * aside**2, np.float32)
