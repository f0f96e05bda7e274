#!/usr/bin/env python3
"""What it costs to plan motion, and how its figures stand against those of people.

    python benchmarks/motion.py [--people 40]

CPU seconds after import, for one face and for a group; then figures over many people, each for five minutes at rest.
Where a band is given it is from publications or from the plan's own statement; docs/explanation/natural-motion.md says
which is which.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from itertools import pairwise

import numpy as np

from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.data import Analysis, Face, FaceMotion, Timing
from photomotion.plotting import blink_times, spectrum

FPS = 25.0


def portrait(count: int = 1) -> Analysis:
    """So many people side by side."""
    faces = []
    for i in range(count):
        points = np.zeros((478, 3), np.float32)
        points[33, 0], points[263, 0] = -45, 45
        faces.append(Face(box=(200 * i, 0, 200 * i + 160, 200), landmarks=points))
    return Analysis(faces=tuple(faces), matte=np.zeros((200, 200 * count), np.float32))


def cost(seconds: float, count: int) -> tuple[float, float]:
    """CPU seconds, and greatest memory in MB."""
    analysis, prior, timing = portrait(count), NaturalPrior(), Timing(seconds=seconds, fps=FPS)
    start = time.process_time()
    prior.plan(analysis, timing, 0)
    spent = time.process_time() - start
    tracemalloc.start()
    prior.plan(analysis, timing, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return spent, peak / 1e6


def slope(face: FaceMotion) -> float:
    """Of the power of head yaw between 0.2 and 4 Hz on log-log axes, changes of posture included."""
    f, power = spectrum(face.column("headYaw"), FPS)
    edges = np.geomspace(0.2, 4, 13)
    bands = [(f >= a) & (f < b) for a, b in pairwise(edges)]
    points = np.array([(np.log(f[b]).mean(), np.log(power[b].mean())) for b in bands if b.any()])
    return float(np.polyfit(points[:, 0], points[:, 1], 1)[0])


def reflex(face: FaceMotion) -> float:
    """Slope of eye in head against head, frame by frame, without saccades."""
    head, eye = (np.diff(face.column(c).astype(float)) for c in ("headYaw", "gazeYaw"))
    steady = np.abs(head + eye) < 0.05
    return float(np.polyfit(head[steady], eye[steady], 1)[0])


def figures(count: int) -> None:
    prior, timing = NaturalPrior(), Timing(seconds=300, fps=FPS)
    films = [prior.plan(portrait(), timing, seed).faces[0] for seed in range(count)]
    gaps = [np.diff(blink_times(film)) / FPS for film in films]
    yaw = [film.column("headYaw").astype(float) for film in films]
    rows = [
        ("blinks a minute", [60 / g.mean() for g in gaps], "8..21 for 95 % of people"),
        ("their spread, of the mean", [g.std() / g.mean() for g in gaps], "0.6..1.1"),
        ("median by mean interval", [np.median(g) / g.mean() for g in gaps], "0.6..0.85"),
        ("slope of head's spectrum", [slope(film) for film in films], "-3.6..-2.4"),
        ("spread of yaw, degrees", [y.std() for y in yaw], "0.9..1.6"),
        ("eye in head by head", [reflex(film) for film in films], "-1.05..-0.95"),
    ]
    print(f"\n{'of ' + str(count) + ' people':28} {'5 %':>8} {'median':>8} {'95 %':>8}   wanted")
    for name, values, wanted in rows:
        low, middle, high = np.percentile(values, [5, 50, 95])
        print(f"{name:28} {low:8.2f} {middle:8.2f} {high:8.2f}   {wanted}")


def moods(count: int) -> None:
    print(f"\n{'mood':12} {'smile':>8} {'smile max':>10} {'yaw sd':>8} {'head °/s':>9} {'away':>7} {'blinks/min':>11}")
    for mood in MOODS:
        films = [
            NaturalPrior(Manner(mood=mood)).plan(portrait(), Timing(seconds=60, fps=FPS), seed).faces[0]
            for seed in range(count)
        ]
        smile = np.array([f.column("mouthSmileLeft") for f in films])
        yaw = np.array([f.column("headYaw") for f in films], float)
        pitch = np.array([f.column("headPitch") for f in films], float)
        gaze = np.array([[f.column("gazeYaw"), f.column("gazePitch")] for f in films], float).transpose(1, 0, 2)
        away = np.hypot(gaze[0] + yaw, gaze[1] + pitch) > 3.3
        speed = np.hypot(np.diff(yaw), np.diff(pitch)).mean() * FPS
        blinks = np.mean([len(blink_times(f)) for f in films])
        large, spread = smile.max(axis=1).mean(), yaw.std(axis=1).mean()
        print(
            f"{mood:12} {smile.mean():8.3f} {large:10.3f} {spread:8.2f} {speed:9.2f} {away.mean():7.1%} {blinks:11.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=40)
    count = parser.parse_args().people
    cost(5, 1)  # what is done once
    print(f"{'planned':>12} {'faces':>6} {'CPU s':>8} {'ms a minute':>12} {'MB':>8}")
    for seconds, faces in ((5, 1), (60, 1), (600, 1), (3600, 1), (12 * 3600, 1), (60, 12)):
        spent, memory = cost(seconds, faces)
        print(f"{seconds:10} s {faces:6} {spent:8.3f} {1000 * spent / seconds * 60:12.1f} {memory:8.1f}")
    figures(count)
    moods(max(count // 2, 4))


if __name__ == "__main__":
    main()
