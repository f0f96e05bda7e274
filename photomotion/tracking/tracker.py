"""From a film to a motion."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

import numpy as np
import numpy.typing as npt

from photomotion.data import FaceMotion, Motion
from photomotion.errors import MotionError
from photomotion.plugin import Event
from photomotion.warp.eyes import EYES

from .eyes import closures, glances
from .film import Film
from .filters import bridge, fill_between, gaps, odd, smooth
from .follower import Follower, Sight
from .headframe import STEADY, straighten
from .links import Link, reconcile
from .skin import BROWS, MOUTH, brow_marks, explain, from_rest, mouth_marks, untangle

__all__ = ["track"]

Floats = npt.NDArray[np.float64]

LIDS = {side: (upper[2:-2], lower[2:-2]) for side, (upper, lower, _) in EYES.items()}
"""The middle five points of each lid's edge."""
CORNERS = {"Left": (263, 362), "Right": (33, 133)}
IRISES = {"Left": 473, "Right": 468}
SKIN = (291, 61, 0, 17, 13, 14, 336, 296, 334, 293, 300, 107, 66, 105, 63, 70)
KEPT = tuple(
    dict.fromkeys(
        STEADY
        + SKIN
        + tuple(i for side in LIDS for i in (*LIDS[side][0], *LIDS[side][1], *CORNERS[side], IRISES[side]))
    )
)
"""Mesh points that are kept of each frame; :data:`STEADY` first."""
AT = {landmark: place for place, landmark in enumerate(KEPT)}

FEWEST = 5
"""Frames with a face that make a motion."""
SHORT = 0.5
"""Seconds without a face that are bridged; over more the face is held still ..."""
BACK = 0.25
"""... until so long before it is seen again."""
SMOOTHED = 0.23
"""Seconds of the parabola that is fitted to the motion of head and skin: 4 Hz pass, the mesh's trembling does not."""
RATES = (10, 12, 12.5, 15, 20, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60)
HOLD = 0.3
"""How far the mesh's place for a head is believed in a frame that was compared with others, as their pixels are."""
NOISE = 0.0008
"""Eye distances by which the mesh's points tremble once smoothed."""


def track(
    path: str | PathLike[str],
    *,
    face: int = 1,
    start: float = 0.0,
    seconds: float | None = None,
    mirror: bool = False,
    progress: Callable[[Event], None] = lambda event: None,
) -> Motion:
    """Follow a face through a film.

    Head angles are absolute; everything else is relative to how this person usually looks in the film: lids to their
    usual opening, gaze to its usual direction, mouth and brows to their usual place. Head and skin are filtered
    without lag; blinks and glances stay sharp. ``breath`` is not measured and so not among the channels.

    Memory grows by less than 2 kB a frame; frames themselves are not kept.

    Args:
        path: of a video file.
        face: which, from 1, the largest; others are not followed.
        start: seconds into the film.
        seconds: how much of it; None: all, if that is at most ten minutes.
        mirror: swap left and right, as if the person had looked into a mirror.
        progress: told of every frame, and of stretches in which the face was not seen.

    Returns:
        The motion of one face at the film's own frame rate, its usual one if it varies, at most 60.

    Raises:
        MotionError: if the film cannot be read, is too long, or does not show the face.
        WeightsError: if a model file is missing.
    """
    if face < 1:
        raise MotionError(f"face {face} cannot be followed; count from 1, the largest")
    film = Film(path, start, seconds)
    times, poses, points, links, size = _watch(film, face, progress)
    fps = _rate(times)
    even = times[0] + np.arange(max(1, round((times[-1] - times[0]) * fps) + 1)) / fps
    seen = ~np.isnan(poses[:, 0])
    steady = points[seen, : len(STEADY)].astype(np.float64)
    steady[..., :2] = reconcile(steady[..., :2], links, HOLD)
    parts = (poses[seen], steady, points[seen])
    table = np.concatenate([part.reshape(seen.sum(), -1) for part in parts], axis=1).astype(np.float64)
    here = _seen_at(even, times, seen, fps)
    values = np.stack([np.interp(even, times[seen], column) for column in table.T], axis=1)
    values = bridge(values, here, round(SHORT * fps), max(1, round(BACK * fps)))
    _tell(film, here, fps, progress)
    marks = values[:, 3:].reshape(len(even), -1, 3)
    channels = _channels(marks[:, len(STEADY) :], marks[:, : len(STEADY)], values[:, :3], size, fps)
    for first, after in gaps(here):
        if after - first > SHORT * fps:
            channels["eyeBlinkLeft"][first:after] = channels["eyeBlinkRight"][first:after] = 0
    if mirror:
        channels = _mirrored(channels)
    face_motion = FaceMotion(
        channels=tuple(channels), values=np.stack(list(channels.values()), axis=1).astype(np.float32)
    )
    return Motion(fps=round(fps, 5), faces=(face_motion,))


def _watch(
    film: Film, face: int, progress: Callable[[Event], None]
) -> tuple[Floats, Floats, npt.NDArray[np.float32], list[tuple[Link, ...]], tuple[int, int]]:
    """Times (T,), poses (T, 3) and points (T, N, 3) of each frame, NaN where no face was seen; links; width and height.

    Links are those of the frames that show the face.
    """
    follower = Follower(face)
    wanted = film.seconds or (film.duration and film.duration - film.start)
    total = round(wanted * min(film.rate, 60.0)) if wanted and film.rate else None
    times: list[float] = []
    size = (1, 1)
    sights: list[tuple[tuple[float, float, float], npt.NDArray[np.float32]] | None] = []
    links: list[tuple[Link, ...]] = []
    for time, pixels in film:
        sight: Sight | None = follower.look(pixels, time)
        times.append(time)
        size = pixels.shape[1], pixels.shape[0]
        sights.append(None if sight is None else (sight.pose, sight.landmarks[list(KEPT)]))
        if sight is not None:
            links.append(sight.links)
        progress(Event(stage="tracking", done=len(times), total=total and max(total, len(times)), message="following"))
    count = sum(sight is not None for sight in sights)
    if count < FEWEST:
        if face > 1 and 0 < follower.most < face:
            raise MotionError(f"only {follower.most} of the faces in {film.path.name} can be told apart, not {face}")
        raise MotionError(
            f"no face was found in {film.path.name}"
            if not count
            else f"a face was seen in only {count} of {len(times)} frames of {film.path.name}"
        )
    nothing = ((np.nan,) * 3, np.full((len(KEPT), 3), np.nan, np.float32))
    known = [nothing if sight is None else sight for sight in sights]
    poses = np.array([pose for pose, _ in known])
    return np.array(times), poses, np.stack([point for _, point in known]), links, size


def _rate(times: Floats) -> float:
    """The usual number of frames a second, one of :data:`RATES` if it is near: dropped frames do not count."""
    steps = np.diff(times)
    usual = steps[np.abs(steps / np.median(steps) - 1) < 0.3]
    fps = 1 / float(usual.mean())
    near = min(RATES, key=lambda rate: abs(rate / fps - 1))
    return float(near) if abs(near / fps - 1) < 0.004 else min(round(fps, 3), 60.0)


def _seen_at(even: Floats, times: Floats, seen: npt.NDArray[np.bool_], fps: float) -> npt.NDArray[np.bool_]:
    """Which of the even times lie between frames that show the face and are not far apart, (T,)."""
    after = np.clip(np.searchsorted(times, even - 0.01 / fps), 0, len(times) - 1)
    before = np.clip(np.searchsorted(times, even + 0.01 / fps, "right") - 1, 0, len(times) - 1)
    return np.asarray(seen[before] & seen[after] & (times[after] - times[before] < SHORT))


def _tell(film: Film, seen: npt.NDArray[np.bool_], fps: float, progress: Callable[[Event], None]) -> None:
    missing = [(a, b) for a, b in gaps(seen)]
    parts = [
        f"{a / fps + film.start:.1f}-{b / fps + film.start:.1f} s"
        + (" (held still)" if b - a > SHORT * fps else " (bridged)")
        for a, b in missing
    ]
    if len(parts) > 6:
        parts = [*parts[:5], f"and {len(parts) - 5} times more"]
    if parts:
        share = 1 - float(seen.mean())
        progress(
            Event(stage="tracking", message=f"no face in {share:.1%} of the film: {', '.join(parts)}", notice=True)
        )
    if film.cut is not None:
        where = film.cut + film.start
        progress(
            Event(
                stage="tracking",
                message=f"{film.path.name} is damaged or incomplete: only what is before {where:.1f} s was followed",
                notice=True,
            )
        )


def _channels(points: Floats, steady: Floats, poses: Floats, size: tuple[int, int], fps: float) -> dict[str, Floats]:
    """Everything that is measured.

    Args:
        points: (T, N, 3) of the mesh in the picture, those that are kept.
        steady: (T, S, 3), those of :data:`STEADY` where the head's pixels put them.
        poses: (T, 3) of the single frames.
        size: of the picture.
        fps: frames a second.
    """
    heads, _ = straighten(steady, steady, poses, size)
    # A face is seen best from where its own mesh has put the head: what is wrong with both is wrong alike.
    _, own = straighten(points, points[:, : len(STEADY)], poses, size)
    at = {landmark: own[:, place] for landmark, place in AT.items()}
    openings, irises = [], []
    for side, (upper, lower) in LIDS.items():
        outer, inner = (at[i] for i in CORNERS[side])
        width = np.linalg.norm(outer - inner, axis=1)
        gap = np.mean([at[b][:, 1] - at[a][:, 1] for a, b in zip(upper, lower, strict=True)], axis=0)
        openings.append(gap / np.maximum(width, 1e-3))
        irises.append((at[IRISES[side]] - (outer + inner) / 2)[:, :2])
    order = [list(LIDS).index(side) for side in ("Left", "Right")]
    left, right = closures(np.stack([openings[i] for i in order], axis=1), heads[:, 0], fps)
    gaze = glances(np.stack([irises[i] for i in order], axis=1), heads[:, 0], np.maximum(left, right), fps)
    width = odd(SMOOTHED, fps, 3)
    heads = smooth(heads, width)
    out = {"headYaw": heads[:, 0], "headPitch": heads[:, 1], "headRoll": heads[:, 2]}
    out |= {"gazeYaw": gaze[0], "gazePitch": gaze[1], "eyeBlinkLeft": left, "eyeBlinkRight": right}
    mouth = smooth(mouth_marks(at), width)
    out |= explain(from_rest(untangle(mouth, heads), mouth[:, 5]), MOUTH, NOISE)
    # The mesh can hardly tell one corner of a smile from the other: half of the difference is believed.
    sides = [f"mouthSmile{side}" for side in ("Left", "Right")]
    smile = (out[sides[0]] + out[sides[1]]) / 2
    out |= {side: (out[side] + smile) / 2 for side in sides}
    # The mesh lifts a brow with the lid below it.
    open_ = np.maximum(left, right) < 0.3
    brows = np.stack([fill_between(mark, open_) for mark in brow_marks(at).T], axis=1)
    out |= explain(untangle(smooth(brows, width), heads), BROWS, NOISE)
    out["browInnerUp"] = (out["browOuterUpLeft"] + out["browOuterUpRight"]) / 2
    return out


def _mirrored(channels: dict[str, Floats]) -> dict[str, Floats]:
    """Left for right."""
    out = {}
    for name, values in channels.items():
        if name in ("headYaw", "headRoll", "gazeYaw"):
            out[name] = -values
        elif name.endswith("Left"):
            out[name.removesuffix("Left") + "Right"] = values
        elif name.endswith("Right"):
            out[name.removesuffix("Right") + "Left"] = values
        else:
            out[name] = values
    return out
