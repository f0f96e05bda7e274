#!/usr/bin/env python3
"""How fast the built-in renderer is, against the least that any CPU renderer must do, in the same run.

    python benchmarks/render.py [PHOTO] [--sizes 512,1024] [--seconds 4]

The floor decodes nothing and plans nothing: it remaps the whole picture once a frame with cv2.remap LINEAR and encodes
it as the mp4 encoder does. Ratios survive a noisy machine; seconds do not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.backends.warp import WarpBackend
from photomotion.builtin.encoders.mp4 import Mp4Encoder
from photomotion.builtin.priors.natural import NaturalPrior
from photomotion.data import Conditioning, Frame, Photo, Timing
from photomotion.reading import read_photo, resize_photo
from photomotion.warp import Scene

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def floor_frames(photo: Photo, timing: Timing) -> Iterator[Frame]:
    y, x = np.mgrid[0 : photo.height, 0 : photo.width].astype(np.float32)
    for i in range(timing.frames):
        moved = cv2.remap(
            photo.pixels, x + np.float32(3 * np.sin(i / 9)), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        yield Frame(index=i, time=i / timing.fps, pixels=moved)


def measure(photo: Photo, timing: Timing) -> dict[str, float]:
    analyzer = FaceMeshAnalyzer()
    analyzer.analyze(photo)  # models load here
    found = {"analysis ms": 1000 * seconds(lambda: analyzer.analyze(photo))}
    analysis = analyzer.analyze(photo)
    motion = NaturalPrior().plan(analysis, timing, 0)
    conditioning = Conditioning(photo=photo, analysis=analysis, motion=motion)
    found["scene ms"] = 1000 * seconds(lambda: Scene(photo, analysis, motion))
    scene = Scene(photo, analysis, motion)
    rows = range(1, timing.frames)
    found["draw ms/frame, 1 thread"] = 1000 / len(rows) * seconds(lambda: [scene.draw(row) for row in rows] and None)
    backend = WarpBackend()
    alone = seconds(lambda: sum(1 for _ in backend.render(conditioning, timing, 0)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        film = seconds(lambda: Mp4Encoder().encode(backend.render(conditioning, timing, 0), path / "film.mp4", timing))
        floor = seconds(lambda: Mp4Encoder().encode(floor_frames(photo, timing), path / "floor.mp4", timing))
    found["render alone fps"] = timing.frames / alone
    found["film fps"] = timing.frames / film
    found["floor fps"] = timing.frames / floor
    found["film / floor"] = film / floor
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photo", nargs="?", default=str(ASTRONAUT))
    parser.add_argument("--sizes", default="512,1024")
    parser.add_argument("--seconds", type=float, default=4)
    asked = parser.parse_args()
    timing = Timing(seconds=asked.seconds, fps=25.0)
    for size in map(int, asked.sizes.split(",")):
        photo = resize_photo(read_photo(asked.photo), size)
        print(f"{photo.width} x {photo.height}, {timing.frames} frames")
        for name, value in measure(photo, timing).items():
            print(f"  {name:26}{value:9.2f}")


if __name__ == "__main__":
    main()
