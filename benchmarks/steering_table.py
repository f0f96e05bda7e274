#!/usr/bin/env python3
"""The films that ``steering.py ask`` made, read by a face tracker and set against their plans: a table, as JSON lines.

    python benchmarks/steering_table.py --work DIR [--tracked READINGS.json]

Rows: the draft at the model's size, which says what the tracker can read there; the draft through the autoencoder,
which is the most a film can be; then each position of the dial. ``face`` is the share of frames with a face, ``psnr``
the likeness to the draft in dB, ``yaw_r`` and ``lids_r`` the correlation with the plan (``worst``: of one film;
``inside``: within windows, since each window is told the draft's frame it begins with), ``wrong_plan_r`` that with
another film's plan, which must be near 0.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKLTemporalDecoder
from steering import FPS, HEAD, STEERS, Film, shrink, to_tensor
from steering_models import FRAMES

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.reading import read_photo


def decoded(vae: Any, film: Film) -> Film:
    """A film through the autoencoder, eight frames at a time as the backend does."""
    parts = []
    with torch.no_grad():
        for x in to_tensor(film).split(FRAMES):
            y = vae.decode(vae.encode(x).latent_dist.mode(), num_frames=len(x)).sample
            parts.append(((y.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)


def track(film: Film) -> dict[str, list[float]]:
    """Yaw in degrees and how open the eyes are, frame by frame; nan where no face is found."""
    analyzer, yaw, lids = FaceMeshAnalyzer(), [], []
    for picture in film:
        large = cv2.resize(picture, (HEAD, HEAD), interpolation=cv2.INTER_CUBIC)
        faces = analyzer.analyze(read_photo(large)).faces
        yaw.append(faces[0].pose.yaw if faces else np.nan)
        lids.append(sum(faces[0].eyes_open) / 2 if faces else np.nan)
    return {"yaw": yaw, "open": lids}


def runs(closed: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each blink: closed for at most 0.8 s."""
    edges = np.flatnonzero(np.diff(np.r_[0, closed.astype(int), 0]))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2] - 1, strict=True) if b - a < 0.8 * FPS]


def compare(name: str, films: list[dict[str, Any]]) -> dict[str, Any]:
    """What one row of the table says, over all films of one kind. Frame 0, which is the photo, does not count."""
    planned_yaw, wrong_yaw, yaw, closure, shut, each, inside = [], [], [], [], [], [], []
    planned = read = hit = matched = 0
    for film in films:
        seen = np.isfinite(film["yaw"])
        seen[0] = False
        if seen.sum() < 8:
            continue
        for series, values in ((planned_yaw, film["plan"]), (wrong_yaw, film["other"]), (yaw, film["yaw"])):
            series.append(values[seen] - values[seen].mean())
        each.append(np.corrcoef(planned_yaw[-1], yaw[-1])[0, 1])
        for i in range(1, len(seen), FRAMES - 1):
            part = np.flatnonzero(seen[i : i + FRAMES - 1]) + i
            inside += [
                (film["plan"][k] - film["plan"][part].mean(), film["yaw"][k] - film["yaw"][part].mean()) for k in part
            ]
        open_share = film["open"] / np.nanpercentile(film["open"], 80)
        closure.append(film["lids"][seen])
        shut.append(1 - open_share[seen])
        wanted, found = runs(film["lids"] > 0.5), runs(np.nan_to_num(open_share, nan=1.0) < 0.6)
        planned, read = planned + len(wanted), read + len(found)
        hit += sum(any(a <= d + 1 and c <= b + 1 for c, d in found) for a, b in wanted)
        matched += sum(any(a <= d + 1 and c <= b + 1 for c, d in wanted) for a, b in found)
    row: dict[str, Any] = {"film": name, "face": float(np.mean([np.isfinite(f["yaw"]).mean() for f in films]))}
    row["psnr"] = float(np.mean([cv2.PSNR(f["film"][1:], f["draft"][1:]) for f in films]))
    if yaw:
        a, b, c = (np.concatenate(series) for series in (planned_yaw, yaw, wrong_yaw))
        row |= {"yaw_r": float(np.corrcoef(a, b)[0, 1]), "yaw_r_worst": float(min(each))}
        row |= {"films_read": len(yaw), "yaw_r_inside": float(np.corrcoef(np.array(inside).T)[0, 1])}
        row |= {"yaw_gain": float(a @ b / (a @ a)), "wrong_plan_r": float(np.corrcoef(c, b)[0, 1])}
        row |= {"lids_r": float(np.corrcoef(np.concatenate(closure), np.concatenate(shut))[0, 1])}
    return row | {"blinks_planned": planned, "followed": hit, "blinks_seen": read, "planned_of_seen": matched}


def read(work: Path, tracked: Path | None) -> None:
    """The table, a line of JSON for each kind of film; ``tracked`` has another tracker's readings, by film."""
    others = json.loads(tracked.read_text()) if tracked else {}
    vae = AutoencoderKLTemporalDecoder.from_pretrained(work / "model" / "vae")
    rows: dict[str, list[dict[str, Any]]] = {}
    plans = {path.stem: dict(np.load(path)) for path in sorted((work / "films").glob("*.npz"))}
    for (stem, plan), other in zip(plans.items(), [*plans.values()][1:] + [*plans.values()][:1], strict=True):
        pictures = {"draft": plan["draft"], "autoencoder": decoded(vae, plan["draft"])}
        for steer in STEERS:
            video = cv2.VideoCapture(str(work / "films" / f"{stem}-{steer}.mp4"))
            frames = [shrink(video.read()[1][..., ::-1]) for _ in plan["draft"]]
            pictures[f"steer {steer}"] = np.stack(frames)
        for name, film in pictures.items():
            key = f"{stem}-{name.removeprefix('steer ')}"
            if not tracked:
                np.save(work / "films" / f"{key}.npy", film)
            told = {k: np.array(v, float) for k, v in (others.get(key) or track(film)).items()}
            told |= {"film": film, "draft": plan["draft"], "plan": plan["yaw"], "other": other["yaw"]}
            rows.setdefault(name, []).append(told | {"lids": plan["lids"]})
    for name, films in rows.items():
        print(json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in compare(name, films).items()}))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tracked", type=Path, help="another tracker's readings: {film: {yaw: [], open: []}}")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    read(asked.work, asked.tracked)


if __name__ == "__main__":
    main()
