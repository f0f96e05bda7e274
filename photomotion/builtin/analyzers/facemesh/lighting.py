"""Where the light comes from, read off the shading of the skin."""

from __future__ import annotations

import cv2
import numpy as np

from photomotion.data import Lighting

from .region import Floats, Scales

__all__ = ["measure_lighting", "normals"]

NEIGHBOURS = 9
"""Mesh points that a normal is fitted to."""
PRIOR = np.array([1.0, 0.0, -0.15, -0.3])
"""Ambient light and direction assumed where the shading says nothing: soft, from the front and a little above."""
FIRMNESS = np.array([0.02, 0.01, 0.05, 0.2])
"""How firmly, for each coefficient; beards and hair pass for light from above or below, ambience for the front."""


def normals(points: Floats) -> Floats:
    """Outward unit normals, float32 (468, 3), of a mesh (468, 3) in camera axes (z away from the camera).

    A plane is fitted to each point's neighbours (Hoppe et al. 1992); outward is away from a point behind the face.
    """
    mesh = points.astype(np.float64)
    apart = ((mesh[:, None] - mesh[None]) ** 2).sum(axis=-1)
    near = np.argpartition(apart, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    patch = mesh[near] - mesh[near].mean(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", patch, patch))
    normal = vectors[..., 0]
    forward = np.cross(mesh[454] - mesh[234], mesh[152] - mesh[10])
    forward *= -1.0 / max(float(np.linalg.norm(forward)), 1e-9)
    behind = mesh.mean(axis=0) - forward * float(np.linalg.norm(mesh[454] - mesh[234]))
    facing = np.sign(((mesh - behind) * normal).sum(axis=1, keepdims=True))
    return np.asarray(normal * np.where(facing == 0, 1, facing), np.float32)


def measure_lighting(scales: Scales, landmarks: Floats) -> Lighting:
    """Fit an ambient light and one direction (spherical harmonics of order 1) to the skin of a face (478, 3).

    Brightness is made linear first; brows, eyes and lips are left out, outliers count less by iterated
    reweighting (Huber 1964). Softness is the ambient part of the light; confidence is the part of the skin's
    shading that the fit explains, less when there is next to no shading.
    """
    mesh = landmarks[:468]
    normal = normals(mesh)
    skin = _skin(landmarks) & (normal[:, 2] < -0.25)
    skin &= (mesh[:, 0] >= 0) & (mesh[:, 1] >= 0) & (mesh[:, 0] < scales.width) & (mesh[:, 1] < scales.height)
    if skin.sum() < 40:
        return Lighting()
    light = sample_luminance(scales, landmarks)[skin]
    light = light / max(float(np.median(light)), 1e-4)
    terms = np.concatenate([np.ones((len(light), 1)), normal[skin].astype(np.float64)], axis=1)
    ridge = len(light) * np.diag(FIRMNESS)
    weight = np.ones(len(light))
    fit = PRIOR
    for _ in range(8):
        weighted = terms * weight[:, None]
        fit = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ light + ridge @ PRIOR)
        error = np.abs(light - terms @ fit)
        weight = np.minimum(1.0, 2.0 * max(float(np.median(error)), 1e-3) / np.maximum(error, 1e-6))
    fit[3] = min(fit[3], -0.1)
    strength = max(float(np.linalg.norm(fit[1:])), 1e-9)
    x, y, z = (float(v) for v in fit[1:] / strength)
    mean = float(np.average(light, weights=weight))
    spread = float(np.average((light - mean) ** 2, weights=weight))
    rest = float(np.average((light - terms @ fit) ** 2, weights=weight))
    explained = max(0.0, 1.0 - rest / max(spread, 1e-9))
    visible = min(1.0, float(np.sqrt(spread)) / 0.12)
    ambient = max(float(fit[0]), 0.0)
    softness = float(np.clip(ambient / (ambient + strength), 0, 1))
    return Lighting(direction=(x, y, z), softness=softness, confidence=explained * visible)


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


def _skin(landmarks: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
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
