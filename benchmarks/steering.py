#!/usr/bin/env python3
"""Does the guide steer? A small model of SVD's architecture, trained here on drafts, then held to others' drafts.

    python benchmarks/steering.py draw PHOTOS... --work DIR       films to train on; videos give two photos each
    python benchmarks/steering.py train --work DIR --minutes 20 60      autoencoder, U-Net; goes on where it stopped
    python benchmarks/steering.py ask PHOTOS... --work DIR        films of photos that were not trained on
    python benchmarks/steering_table.py --work DIR                yaw and blinks of these films against their plans

On one core, glibc gives memory back and asks for it again at every step, which can cost more than the arithmetic; set
MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 before training. What it shows: how well an unmodified pipeline
follows the draft at each position of the dial. What it cannot show: how good a large model's own frames look.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from diffusers.models.resnet import SpatioTemporalResBlock
from steering_models import CROSS, FRAMES, SIZE, save, small_models

from photomotion import Animator
from photomotion.reading import read_photo
from photomotion.warp import Scene

FPS, BUCKET = 12, 40
HEAD = 384
"""Pixels of a photo cut to the head; the model's ``SIZE`` is a sixth."""
STEERS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9)
Picture = npt.NDArray[np.uint8]
Film = npt.NDArray[np.uint8]
Lidded = tuple[Film, npt.NDArray[np.float32]]


def cut_heads(source: Path | Picture, variants: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Squares of ``HEAD`` pixels around every face; all variants but the first lie and reach a little otherwise."""
    photo = read_photo(source if isinstance(source, np.ndarray) else str(source))
    with Animator() as animator:
        faces = animator.inspect(photo).faces
    for face in faces:
        for variant in range(variants):
            half, shift = (rng.uniform(1.2, 1.5), rng.uniform(-0.12, 0.12, 2)) if variant else (1.32, np.zeros(2))
            side = round(2 * half * face.eye_distance)
            middle = face.landmarks[:468, :2].mean(0) + shift * face.eye_distance
            x, y = np.round(middle - side / 2).astype(int)
            if min(x, y, photo.width - x - side, photo.height - y - side) < -0.2 * side:
                continue
            wide = cv2.copyMakeBorder(photo.pixels, side, side, side, side, cv2.BORDER_REPLICATE)
            square = wide[y + side : y + 2 * side, x + side : x + 2 * side]
            way = cv2.INTER_AREA if side > HEAD else cv2.INTER_CUBIC
            yield np.asarray(cv2.resize(square, (HEAD, HEAD), interpolation=way), np.uint8)


def shrink(picture: Picture) -> Picture:
    """A picture at the model's size."""
    return np.asarray(cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


def draw(paths: list[Path], work: Path) -> None:
    """Drafts of eight seconds, uint8 (96, SIZE, SIZE, 3), by the built-in prior with much motion and many blinks."""
    rng, count = np.random.default_rng(0), 0
    (work / "drafts").mkdir(parents=True, exist_ok=True)
    for path in paths:
        sources: list[Path | Picture] = [path]
        if path.suffix == ".mp4":
            video = cv2.VideoCapture(str(path))
            length = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
            sources = []
            for part in (0.02, 0.5):
                video.set(cv2.CAP_PROP_POS_FRAMES, int(part * length))
                sources.append(np.asarray(video.read()[1][..., ::-1], np.uint8).copy())
        for head in (head for source in sources for head in cut_heads(source, 4 - len(sources), rng)):
            for _ in range(2):
                moves = {"strength": float(rng.uniform(1, 2)), "blinks_per_minute": 35}
                with Animator(options={"motion": moves}) as animator:
                    clip = animator.animate(head, seconds=8, fps=FPS, seed=int(rng.integers(1 << 30)))
                scene = Scene(clip.photo, clip.analysis, clip.motion)
                film = np.stack([shrink(scene.draw(i)) for i in range(clip.motion.frames)])
                lids = clip.motion.faces[0].column("eyeBlinkLeft")
                np.savez(work / "drafts" / f"{count:04}.npz", film=film, lids=lids)
                count += 1
    print(f"{count} films of {len(paths)} photos and videos", flush=True)


def to_tensor(films: Film) -> torch.Tensor:
    """uint8 (..., H, W, 3) to float32 (..., 3, H, W), -1..1."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(films, -1, -3))).float() / 127.5 - 1


def draw_batch(films: list[Lidded], count: int, frames: int, rng: np.random.Generator) -> torch.Tensor:
    """Parts of films (count, frames, 3, SIZE, SIZE), half of them with a blink; mirrored, recoloured."""
    parts = []
    for _ in range(count):
        film, lids = films[rng.integers(len(films))]
        start = 0 if rng.random() < 0.2 else int(rng.integers(len(film) - frames + 1))
        if rng.random() < 0.5 and (lids > 0.3).any():
            start = rng.choice(np.flatnonzero(lids > 0.3)) - rng.integers(frames)
        start = min(max(start, 0), len(film) - frames)
        parts.append(film[start : start + frames])
    x = (to_tensor(np.stack(parts)) + 1) / 2
    one = (count, 1, 1, 1, 1)
    x = torch.where(torch.rand(one) < 0.5, x.flip(-1), x)
    gray = x.mean(2, keepdim=True)
    x = gray + (x - gray) * torch.where(torch.rand(one) < 0.2, 0.0, 0.6 + 0.8 * torch.rand(one))
    gamma = 2 ** (0.12 * torch.randn(count, 1, 3, 1, 1) + 0.3 * torch.randn(one))
    return x.clamp(1e-4, 1) ** gamma * 2 - 1


def train_vae(vae: Any, films: list[Lidded], minutes: float, save_it: Any) -> None:
    """Pixels to latents and back: L1, squares, and edges; a little pull of the latents to unit variance.

    Frame by frame, without the decoder's layers along time, which do nothing.
    """
    stock = {m: m.forward for m in vae.modules() if isinstance(m, SpatioTemporalResBlock)}
    for block in stock:
        block.forward = lambda x, temb=None, image_only_indicator=None, b=block: b.spatial_res_block(x, temb)
    trained = [p for p in vae.parameters() if p.requires_grad]
    optimizer, rng = torch.optim.AdamW(trained, 1e-3), np.random.default_rng(0)
    weight = torch.ones(SIZE, SIZE)
    weight[SIZE * 5 // 16 : SIZE // 2, SIZE // 5 : SIZE * 4 // 5] = 5.0  # the eyes: a few pixels, and all that blinks
    begin, step = time.monotonic(), 0
    while (done := (time.monotonic() - begin) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 1.2e-3 * min(1, (step + 1) / 50) * max(1 - done, 0.03)
        x = draw_batch(films, 8, 1, rng).flatten(0, 1)
        with torch.autocast("cpu", torch.bfloat16):
            mean = vae.encode(x).latent_dist.mean
            y = vae.decode(mean + 0.05 * torch.randn_like(mean), num_frames=1).sample
        y = y.float()
        edges = sum((y - x).diff(dim=axis).abs().mean() for axis in (-1, -2))
        loss = 2 * F.mse_loss(y, x) + 0.5 * edges + 1e-3 * mean.float().square().mean()
        loss = loss + ((y - x).abs() * weight).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            decibels = -10 * F.mse_loss(y, x).mul(0.25).log10().item()
            print(f"vae {step:5} {(time.monotonic() - begin) / 60:.1f} min, {decibels:.1f} dB", flush=True)
            save_it()
        step += 1
    for block, forward in stock.items():
        block.forward = forward


def train_unet(vae: Any, unet: Any, films: list[Lidded], minutes: float, save_it: Any) -> Any:
    """SVD's objective (EDM, v-prediction; Karras et al., 2022); returns the running mean of the weights.

    Sigma is log-normal about 3 with a spread of 1.7, a little more noise than SVD's (2 and 1.6). Every second
    batch has a new film; all others were seen before.
    """
    kept = copy.deepcopy(unet).requires_grad_(False)
    optimizer, rng = torch.optim.AdamW(unet.parameters(), 1e-3), np.random.default_rng(int(time.time()))
    known: list[torch.Tensor] = []
    begin, step, mean, saved = time.monotonic(), 0, 1.0, time.monotonic()
    ids = torch.tensor([[FPS - 1.0, BUCKET, 0.0]]).expand(2, -1)
    while (done := (time.monotonic() - begin) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 30) * max(1 - done, 0.05)
        with torch.autocast("cpu", torch.bfloat16):
            if step % 2 == 0:
                with torch.no_grad():
                    pictures = draw_batch(films, 1, FRAMES, rng)[0]
                    known = [*known[-2000:], vae.encode(pictures).latent_dist.mode().float()]
            raw = torch.stack([known[-1], known[rng.integers(len(known))]])
            z, image = raw * vae.config.scaling_factor, raw[:, :1].expand(-1, FRAMES, -1, -1, -1)
            sigma = (1.1 + 1.7 * torch.randn(2, 1, 1, 1, 1)).exp().clamp(0.005, 700)
            x = z + sigma * torch.randn_like(z)
            given = torch.cat([x / (sigma**2 + 1).sqrt(), image], 2)
            time_of = 0.25 * sigma.flatten().log()
            out = unet(given, time_of, torch.zeros(2, 1, CROSS), added_time_ids=ids, return_dict=False)[0]
        wanted = (z - x / (sigma**2 + 1)) / (-sigma / (sigma**2 + 1).sqrt())
        loss = F.mse_loss(out.float(), wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        if step % 5 == 0:
            with torch.no_grad():
                for old, new in zip(kept.parameters(), unet.parameters(), strict=True):
                    old.lerp_(new, max(0.03, 1 / (step + 1)))
        mean += (loss.item() - mean) * max(0.03, 1 / (step + 1))
        if step % 50 == 0:
            print(f"unet {step:5} {(time.monotonic() - begin) / 60:.1f} min, loss {mean:.4f}", flush=True)
        if time.monotonic() - saved > 180:
            save_it(kept)
            saved = time.monotonic()
        step += 1
    print(f"unet {step:5} loss {mean:.4f}", flush=True)
    return kept


def train(work: Path, minutes: tuple[float, float]) -> None:
    """Both models on the drafts in ``work``; what is there already is taken up again."""
    drafts = map(np.load, sorted((work / "drafts").glob("*.npz")))
    films = [(draft["film"], draft["lids"]) for draft in drafts]
    vae, unet = small_models()
    out = work / "model"
    if (out / "vae").exists():
        vae = AutoencoderKLTemporalDecoder.from_pretrained(out / "vae")
    if minutes[0] > 0:
        train_vae(vae, films, minutes[0], lambda: vae.save_pretrained(work / "vae"))
        with torch.no_grad():
            seen = draw_batch(films, 16, 4, np.random.default_rng(1)).flatten(0, 1)
            vae.register_to_config(scaling_factor=1 / vae.encode(seen).latent_dist.mode().std().item())
        save(vae, unet, out)
    if (out / "unet").exists():
        unet = UNetSpatioTemporalConditionModel.from_pretrained(out / "unet")
    save(vae, train_unet(vae, unet, films, minutes[1], lambda kept: save(vae, kept, out)), out)


def ask(photos: list[Path], work: Path, seeds: int, seconds: float) -> None:
    """Films of each photo by the backend, at each position of the dial; nothing of the draft is laid over them."""
    (work / "films").mkdir(exist_ok=True)
    heads = [next(cut_heads(path, 1, np.random.default_rng(0))) for path in photos]
    moves = {"strength": 1.5, "blinks_per_minute": 30}
    for seed in range(1, seeds + 1):
        for number, head in enumerate(heads):
            for steer in STEERS:
                said = {"model": str(work / "model"), "steps": 12, "frames": FRAMES, "fps": FPS, "size": SIZE}
                said |= {"steer": steer, "overlap": 1, "detail": 0.0, "background": "generated", "match_colour": False}
                said |= {
                    "interpolate": "repeat",
                    "guidance_max": 1.0,
                    "motion_bucket": BUCKET,
                    "noise_augmentation": 0.0,
                }
                options = {"backend": said, "motion": moves, "encoder": {"crf": 8}}
                with Animator(backend="svd", conditioner="guide", options=options) as animator:
                    clip = animator.animate(head, seconds=seconds, fps=FPS, seed=seed)
                    clip.save(work / "films" / f"{number}-{seed}-{steer}.mp4")
                print(f"photo {number} seed {seed} steer {steer}", flush=True)
            scene, plan = Scene(clip.photo, clip.analysis, clip.motion), clip.motion.faces[0]
            draft = np.stack([shrink(scene.draw(i)) for i in range(clip.motion.frames)])
            np.savez(
                work / "films" / f"{number}-{seed}.npz",
                draft=draft,
                yaw=plan.column("headYaw"),
                lids=plan.column("eyeBlinkLeft"),
            )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["draw", "train", "ask"])
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, nargs=2, default=(20, 60), help="autoencoder, U-Net")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.what == "draw":
        draw(asked.photos, asked.work)
    elif asked.what == "train":
        train(asked.work, asked.minutes)
    else:
        ask(asked.photos, asked.work, asked.seeds, asked.seconds)


if __name__ == "__main__":
    main()
