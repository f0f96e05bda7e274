#!/usr/bin/env python3
"""How near the restorer ``classic`` brings an artificially damaged photo to the undamaged one.

    python benchmarks/restore.py [PHOTO ...] [--seed 0] [--size LONG_EDGE] [--markdown]

For each kind of damage of ``photomotion.testing.ageing``: PSNR (dB) and SSIM (Wang et al. 2004) of the damaged
and of the restored photo, how far the landmarks of the face are from those in the undamaged photo (mean, % of the
distance between the outer eye corners), and processor seconds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.plugin import load_classic
from photomotion.builtin.restorers.classic.options import ClassicOptions
from photomotion.data import Photo
from photomotion.plugin import Runtime
from photomotion.reading import read_photo, resize_photo
from photomotion.testing.ageing import KINDS, age

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"

Pixels = npt.NDArray[np.uint8]


def psnr(one: Pixels, two: Pixels) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((one.astype(np.float64) - two) ** 2), 1e-9)))


def ssim(one: Pixels, two: Pixels) -> float:
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in (one, two))

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, c = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * ma * mb + c1) * (2 * c + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())


def measure(path: str, seed: int, size: int | None, markdown: bool) -> None:
    photo = read_photo(path)
    if size is not None:
        photo = resize_photo(photo, size)
    restorer = load_classic(ClassicOptions(), Runtime(weights=Path))
    analyzer = FaceMeshAnalyzer()
    truth = next(iter(analyzer.analyze(photo).faces), None)

    def shift(pixels: Pixels) -> float:
        faces = analyzer.analyze(Photo(pixels=pixels)).faces
        if truth is None or not faces:
            return float("nan")
        face = min(faces, key=lambda f: float(np.abs(np.subtract(f.box, truth.box)).sum()))
        apart = np.linalg.norm(face.landmarks[:, :2] - truth.landmarks[:, :2], axis=1).mean()
        return 100 * float(apart) / truth.eye_distance

    same = restorer.restore(photo).photo is photo
    print(
        f"{photo.name}, {photo.width} x {photo.height}; undamaged it comes back {'bit for bit' if same else 'CHANGED'}"
    )
    head = ("damage", "PSNR, dB", "SSIM", "landmarks off, %", "s")
    print(
        ("| {} | {} | {} | {} | {} |\n|" + " --- |" * 5).format(*head)
        if markdown
        else "{:24}{:>18}{:>18}{:>20}{:>7}".format(*head)
    )
    for kind in KINDS:
        damaged = age(photo.pixels, kind, seed)
        start = time.process_time()
        restored = restorer.restore(Photo(pixels=damaged)).photo.pixels
        spent = time.process_time() - start
        row = [kind]
        for measured, form in ((psnr, ".1f"), (ssim, ".3f")):
            before, after = measured(damaged, photo.pixels), measured(restored, photo.pixels)
            row.append(f"{before:{form}} -> {after:{form}}{'' if after > before else ' (!)'}")
        row += [f"{shift(damaged):.2f} -> {shift(restored):.2f}", f"{spent:.1f}"]
        print("| {} | {} | {} | {} | {} |".format(*row) if markdown else "{:24}{:>18}{:>18}{:>20}{:>7}".format(*row))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="*", default=[str(ASTRONAUT)])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    for path in asked.photos:
        measure(path, asked.seed, asked.size, asked.markdown)


if __name__ == "__main__":
    main()
