"""Where the light comes from, read off the shading of the skin."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Lighting
from photomotion.data.ranks import median

from .region import Floats, Scales

__all__ = ["harmonics", "measure_lighting", "normals", "sample_luminance"]

Doubles = npt.NDArray[np.float64]

NEIGHBOURS = 9
"""Mesh points that a normal is fitted to."""
PRIOR = np.array([1.0, 0.0, -0.15, -0.3])
"""Ambient light and direction assumed where the shading says nothing: soft, from the front and a little above."""
FIRMNESS = np.array([0.02, 0.01, 0.05, 0.2])
"""How firmly, for each coefficient; beards and hair pass for light from above or below, ambience for the front."""
ROUGH_FIRMNESS, FINE_FIRMNESS = 0.05, 0.2
"""How firmly the first four terms are then held to that fit, and those of order 2 to one soft lamp: skin that faces
away is never seen, and over the rest ``x`` and ``xz`` look alike."""
LAMP = np.array([0.25, 0.5, 5 / 16])
"""Brightness under one lamp by Legendre polynomials of the cosine, orders 0 to 2 (Ramamoorthi and Hanrahan 2001)."""


def normals(points: Floats) -> Floats:
    """Outward unit normals, float32 (468, 3), of a mesh (468, 3) in camera axes (z away from the camera).

    A plane is fitted to each point's neighbours (Hoppe et al. 1992); outward is away from a point behind the face.
    """
    mesh = points.astype(np.float64)
    flat = points.astype(np.float32)
    apart = sum(((flat[:, None, c] - flat[None, :, c]) ** 2 for c in range(3)), start=np.float32(0))
    near = np.argpartition(apart, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    patch = mesh[near] - mesh[near].mean(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", patch, patch))
    normal = vectors[..., 0]
    forward = np.cross(mesh[454] - mesh[234], mesh[152] - mesh[10])
    forward *= -1.0 / max(float(np.linalg.norm(forward)), 1e-9)
    behind = mesh.mean(axis=0) - forward * float(np.linalg.norm(mesh[454] - mesh[234]))
    facing = np.sign(((mesh - behind) * normal).sum(axis=1, keepdims=True))
    return np.asarray(normal * np.where(facing == 0, 1, facing), np.float32)


def harmonics(normal: npt.NDArray[np.floating]) -> Doubles:
    """The nine terms that :attr:`Lighting.harmonics` are the coefficients of, float64 (N, 9), for normals (N, 3)."""
    x, y, z = np.asarray(normal, np.float64).T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1)


def measure_lighting(scales: Scales, landmarks: Floats, normal: Floats) -> Lighting:
    """Fit light from everywhere, spherical harmonics of order 2, to the skin of a face (478, 3) with normals (468, 3).

    Brightness is made linear first; brows, eyes and lips are left out, outliers count less by iterated
    reweighting (Huber 1964). Ambience and direction are fitted first, then all nine terms, of which those of order 2
    are drawn toward what one lamp in that direction would give. Softness is the part of the light that comes from
    everywhere: under one lamp the terms of order 1 are twice that of order 0, and under a mixture in proportion.
    Confidence is the part of the skin's shading that the fit explains, less when there is next to no shading.
    """
    mesh = landmarks[:468]
    skin = _skin(landmarks) & (normal[:, 2] < -0.25)
    skin &= (mesh[:, 0] >= 0) & (mesh[:, 1] >= 0) & (mesh[:, 0] < scales.width) & (mesh[:, 1] < scales.height)
    if skin.sum() < 40:
        return Lighting()
    light = sample_luminance(scales, landmarks)[skin].astype(np.float64)
    light = light / max(float(median(light)), 1e-4)
    terms = harmonics(normal[skin])
    simple, weight = _fit(terms[:, :4], light, PRIOR, FIRMNESS, np.ones(len(light)))
    prior = np.concatenate([simple, _one_lamp(simple[1:])])
    firmness = np.repeat([ROUGH_FIRMNESS, FINE_FIRMNESS], [4, 5])
    fit, weight = _fit(terms, light, prior, firmness, weight)
    fit[3] = min(fit[3], -0.1)
    strength = max(float(np.linalg.norm(fit[1:4])), 1e-9)
    x, y, z = (float(v) for v in fit[1:4] / strength)
    mean = float(np.average(light, weights=weight))
    spread = float(np.average((light - mean) ** 2, weights=weight))
    rest = float(np.average((light - terms @ fit) ** 2, weights=weight))
    explained = max(0.0, 1.0 - rest / max(spread, 1e-9))
    visible = min(1.0, float(np.sqrt(spread)) / 0.12)
    ratio = strength / max(float(fit[0]), 1e-3)
    return Lighting(
        direction=(x, y, z),
        softness=float(np.clip(1 - ratio * LAMP[0] / LAMP[1], 0, 1)),
        confidence=explained * visible,
        harmonics=tuple(float(v) for v in fit),
    )


def sample_luminance(scales: Scales, landmarks: Floats) -> Floats:
    """Linear luminance 0..1 at the 468 mesh points, averaged over a fortieth of the face's width."""
    width = float(np.linalg.norm(landmarks[454, :2] - landmarks[234, :2]))
    level = int(max(0.0, np.log2(max(width / 40, 1.0))))
    picture = scales.level(level)
    factor = np.array([picture.shape[1] / scales.width, picture.shape[0] / scales.height])
    x, y = (np.ascontiguousarray(v[None], np.float32) for v in ((landmarks[:468, :2] + 0.5) * factor - 0.5).T)
    seen = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    values = seen.astype(np.float64) / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]), np.float32)


def _fit(terms: Doubles, light: Doubles, prior: Doubles, firmness: Doubles, weight: Doubles) -> tuple[Doubles, Doubles]:
    """Coefficients near ``prior`` that explain ``light``, and how much each point counted in the end."""
    ridge = len(light) * np.diag(firmness)
    fit: Doubles = prior
    for _ in range(6):
        weighted = terms * weight[:, None]
        fit = np.asarray(np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ light + ridge @ prior))
        error = np.abs(light - terms @ fit)
        weight = np.asarray(np.minimum(1.0, 2.0 * max(float(median(error)), 1e-3) / np.maximum(error, 1e-6)))
    return fit, weight


def _one_lamp(linear: Doubles) -> Doubles:
    """The five terms of order 2 under a lamp whose terms of order 1 are ``linear`` (3,)."""
    strength = max(float(np.linalg.norm(linear)), 1e-9)
    x, y, z = linear / strength
    # The second Legendre polynomial of (x, y, z) . n, written in the terms of n.
    second = np.array([3 * x * y, 3 * y * z, (3 * z * z - 1) / 4, 3 * x * z, 0.75 * (x * x - y * y)])
    return np.asarray(strength * LAMP[2] / LAMP[1] * second, np.float64)


def _skin(landmarks: Floats) -> npt.NDArray[np.bool_]:
    """Which mesh points lie on bare skin: not in the lips, the eyes or the brows above them."""
    flat = landmarks[:468, :2]
    skin = np.ones(468, bool)
    for outer, inner, upper in ((33, 133, 105), (263, 362, 334)):
        middle = (flat[outer] + flat[inner] + flat[upper]) / 3
        reach = 0.75 * np.linalg.norm(flat[outer] - flat[inner])
        skin &= np.linalg.norm(flat - middle, axis=1) > reach
    mouth = flat[[61, 291, 0, 17]].mean(axis=0)
    skin &= np.linalg.norm(flat - mouth, axis=1) > 0.6 * np.linalg.norm(flat[61] - flat[291])
    return skin
