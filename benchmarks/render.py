#!/usr/bin/env python3
"""How fast the built-in renderer is, against the least that any CPU renderer must do, in the same run.

    python benchmarks/render.py [PHOTO] [--sizes 512,1024,1920] [--faces 1,3,8] [--seconds 10] [--pairs 3]

Three tables: milliseconds a frame by part, films against the floor inside one process, and whole processes against the
floor's, run in turn. The floor decodes one photo, remaps all of it once a frame with cv2.remap LINEAR, and encodes with
x264 veryfast crf 18: it analyzes nothing, plans nothing, and moves everything alike. Ratios survive a noisy machine;
seconds do not.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.backends.warp import WarpBackend
from photomotion.builtin.encoders.mp4 import Mp4Encoder
from photomotion.builtin.priors.natural import NaturalPrior
from photomotion.data import Conditioning, Frame, Photo, Timing
from photomotion.framing import portrait
from photomotion.reading import read_photo, resize_photo
from photomotion.warp import Scene, scene
from photomotion.warp.creases import Creases
from photomotion.warp.light import Light

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 6: 3, 8: 4, 12: 4}
"""Of a group of so many."""
ONE_SWING = 57
"""Frames after which the floor's picture is where it was."""

FLOOR = """
import sys, cv2, av, numpy as np
photo, film, size, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
picture = cv2.imread(photo)
scale = size / max(picture.shape[:2])
picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
h, w = (n // 2 * 2 for n in picture.shape[:2])
y, x = np.mgrid[0:h, 0:w].astype(np.float32)
with av.open(film, "w") as container:
    stream = container.add_stream("libx264", rate=25, options={"crf": "18", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = w, h, "yuv420p"
    for i in range(round(seconds * 25)):
        shifted = x + 3 * np.float32(np.sin(i / 9))
        moved = cv2.remap(picture, shifted, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        planes = cv2.cvtColor(moved, cv2.COLOR_BGR2YUV_I420)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
    container.mux(stream.encode(None))
"""


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def group(photo: Photo, faces: int, size: int) -> Photo:
    """The person of the photo so many times, every other one mirrored; the long edge is ``size``."""
    if faces == 1:
        return resize_photo(photo, size)
    x0, y0, x1, y1 = portrait(FaceMeshAnalyzer().analyze(photo))
    columns = COLUMNS[faces]
    rows = -(-faces // columns)
    side = size // max(columns, rows)
    one = cv2.resize(photo.pixels[y0:y1, x0:x1], (side, side), interpolation=cv2.INTER_CUBIC)
    tiles = [one[:, ::-1] if index % 2 else one for index in range(columns * rows)]
    lines = [np.hstack(tiles[columns * row : columns * (row + 1)]) for row in range(rows)]
    return photo.with_pixels(np.vstack(lines))


def parts(drawn: Scene, rows: range) -> dict[str, float]:
    """Processor milliseconds a frame in each part of :meth:`Scene.draw`, without those of the parts within it."""
    spent: dict[str, float] = defaultdict(float)
    within = [0.0]

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **given: Any) -> Any:
            start = time.thread_time()
            within.append(0.0)
            try:
                return call(*args, **given)
            finally:
                taken = time.thread_time() - start
                spent[name] += taken - within.pop()
                within[-1] += taken

        return timed

    places = [
        ("field", Scene, "forward"),
        ("inverse", scene, "sources"),
        ("laying", scene, "lay"),
        ("eyes", scene, "look"),
        ("light", Light, "draw"),
        ("creases", Creases, "draw"),
        ("layers", scene, "compose"),
        ("rest", Scene, "draw"),
    ]
    own = [(holder, name, getattr(holder, name)) for _, holder, name in places]
    for (label, _, _), (holder, name, call) in zip(places, own, strict=True):
        setattr(holder, name, watched(label, call))
    try:
        for row in rows:
            drawn.draw(row)
    finally:
        for holder, name, call in own:
            setattr(holder, name, call)
    return {label: 1000 * spent[label] / len(rows) for label, _, _ in places}


def floor_frames(photo: Photo, timing: Timing) -> Iterator[Frame]:
    y, x = np.mgrid[0 : photo.height, 0 : photo.width].astype(np.float32)
    for i in range(timing.frames):
        shift = np.float32(3 * np.sin(i / 9))
        moved = cv2.remap(photo.pixels, x + shift, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        yield Frame(index=i, time=i / timing.fps, pixels=moved)


def encode_plainly(frames: Iterator[Frame], size: tuple[int, int], path: Path) -> None:
    """x264 as the floor sets it: veryfast, crf 18, and as many threads as it likes; ``size`` is height and width."""
    height, width = (n // 2 * 2 for n in size)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            planes = cv2.cvtColor(frame.pixels[:height, :width], cv2.COLOR_RGB2YUV_I420)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        film.mux(stream.encode(None))


def render(backend: WarpBackend, conditioning: Conditioning, timing: Timing) -> tuple[float, float]:
    """Seconds in which a film is rendered into nothing, and those of them after its second frame, the first that was
    drawn: with what is made ready before it, and without."""
    start = time.perf_counter()
    frames = backend.render(conditioning, timing, 0)
    next(frames), next(frames)
    ready = time.perf_counter()
    for _ in frames:
        pass
    end = time.perf_counter()
    return end - start, end - ready


def measure(photo: Photo, timing: Timing) -> tuple[dict[str, float], dict[str, float]]:
    analyzer = FaceMeshAnalyzer()
    analyzer.analyze(photo)  # models load here
    analysis = analyzer.analyze(photo)
    motion = NaturalPrior().plan(analysis, timing, 0)
    conditioning = Conditioning(photo=photo, analysis=analysis, motion=motion)
    drawn = Scene(photo, analysis, motion)
    by_part = parts(drawn, range(1, timing.frames))
    backend = WarpBackend()
    alone, drawing = render(backend, conditioning, timing)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        ready = list(floor_frames(photo, Timing(seconds=ONE_SWING / 25, fps=25)))
        again, and_again = (islice(cycle(ready), timing.frames) for _ in range(2))
        veryfast = seconds(lambda: encode_plainly(again, (photo.height, photo.width), path / "plain.mp4"))
        encoding = seconds(lambda: Mp4Encoder().encode(and_again, path / "one.mp4", timing))
        film = seconds(lambda: Mp4Encoder().encode(backend.render(conditioning, timing, 0), path / "film.mp4", timing))
        floor = seconds(lambda: Mp4Encoder().encode(floor_frames(photo, timing), path / "floor.mp4", timing))
    return by_part, {
        "faces": len(analysis.faces),
        "analysis ms": 1000 * seconds(lambda: analyzer.analyze(photo)),
        "scene ms": 1000 * seconds(lambda: Scene(photo, analysis, motion)),
        "render fps": timing.frames / alone,
        "drawing fps": (timing.frames - 2) / drawing,
        "veryfast fps": timing.frames / veryfast,
        "encoder fps": timing.frames / encoding,
        "film fps": timing.frames / film,
        "floor fps": timing.frames / floor,
        "film/floor": film / floor,
    }


def race(photo: str, size: int, length: float, pairs: int) -> list[float]:
    """Whole processes in turn: ours over the floor's, wall time."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        film = str(Path(folder, "film.mp4"))
        given = [photo, "-o", film, "--size", str(size), "--seconds", str(length)]
        ours = [sys.executable, "-m", "photomotion", "animate", *given]
        least = [sys.executable, "-c", FLOOR, photo, film, str(size), str(length)]
        for _ in range(pairs):
            floor, own = (seconds(partial(subprocess.run, c, check=True, capture_output=True)) for c in (least, ours))
            found.append(own / floor)
    return found


def show(rows: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(rows.values())))
    print(f"{'':18}" + "".join(f"{name:>13}" for name in columns))
    for name, values in rows.items():
        print(f"{name:18}" + "".join(f"{values[column]:13.2f}" for column in columns))
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photo", nargs="?", default=str(ASTRONAUT))
    parser.add_argument("--sizes", default="512,1024,1920")
    parser.add_argument("--faces", default="1,3,8")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--pairs", type=int, default=3)
    asked = parser.parse_args()
    timing = Timing(seconds=asked.seconds, fps=25.0)
    sizes = [int(size) for size in asked.sizes.split(",")]
    photo = read_photo(asked.photo)
    found = {}
    for size in sizes:
        for faces in map(int, asked.faces.split(",")):
            made = group(photo, faces, size)
            found[f"{made.width}x{made.height} x{faces}"] = measure(made, timing)
    print("processor ms a frame, by part")
    show({name: by_part | {"sum": sum(by_part.values())} for name, (by_part, _) in found.items()})
    print("in one process")
    show({name: whole for name, (_, whole) in found.items()})
    if not asked.pairs:
        return
    print("whole processes, ours / floor")
    for size in sizes:
        for length in (4.0, 10.0):
            ratios = race(asked.photo, size, length, asked.pairs)
            print(f"  {size} px, {length:g} s: " + " ".join(f"{r:.2f}" for r in ratios), end="")
            print(f", median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
