#!/usr/bin/env python3
"""Does the guide steer? A small model of SVD's architecture, trained here on drafts, then asked with and without one.

    python benchmarks/steering.py train PHOTOS... --model OUT     minutes to hours, as long as --minutes says
    python benchmarks/steering.py ask PHOTO --model OUT           yaw and blinks of the films against the plan

It trains on films that the built-in renderer makes of the photos, by motions that the natural prior plans, cropped to
the head. What it shows: that an unmodified pipeline follows the draft where it is held, and how much is lost where it
is not. What it cannot show: how good a large model's own frames look.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from photomotion import Animator, Clip
from photomotion.warp import Scene

SIZE, FRAMES, FPS, CROSS = 96, 8, 7, 32
Films = npt.NDArray[np.uint8]


def head_box(clip: Clip) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of the picture that hold the face."""
    face = clip.analysis.faces[0]
    middle, half = face.landmarks[:468, :2].mean(0), 1.15 * face.eye_distance
    x0, y0 = np.maximum(middle - half, 0).astype(int)
    x1, y1 = (middle + half).astype(int)
    return (y0, y1), (x0, x1)


def films_of(animator: Animator, path: Path, count: int) -> list[Films]:
    """``count`` short films of one photo, each uint8 (FRAMES, SIZE, SIZE, 3) around the head, by different seeds."""
    clip = animator.animate(str(path), seconds=10, fps=25, size=640)
    (y0, y1), (x0, x1) = head_box(clip)
    films = []
    for seed in range(count):
        motion = animator.plan(clip.photo, seconds=10, fps=25, seed=seed + 1)
        scene = Scene(clip.photo, clip.analysis, motion)
        start = int(np.random.default_rng(seed).integers(0, 250 - FRAMES * 25 // FPS - 1))
        rows = [0] + [start + round(i * 25 / FPS) for i in range(1, FRAMES)]
        crops = [scene.draw(row)[y0:y1, x0:x1] for row in rows]
        films.append(np.stack([cv2.resize(c, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for c in crops]))
    return films


def to_tensor(films: Films) -> torch.Tensor:
    """uint8 (..., H, W, 3) to float32 (..., 3, H, W), -1..1."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(films, -1, -3))).float() / 127.5 - 1


def small_models() -> tuple[
    AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel, CLIPVisionModelWithProjection
]:
    torch.manual_seed(0)
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 3,
        block_out_channels=(32, 64, 64),
        layers_per_block=1,
        latent_channels=4,
        sample_size=SIZE,
        force_upcast=False,
    )
    unet = UNetSpatioTemporalConditionModel(
        sample_size=SIZE // 4,
        down_block_types=(
            "CrossAttnDownBlockSpatioTemporal",
            "CrossAttnDownBlockSpatioTemporal",
            "DownBlockSpatioTemporal",
        ),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        block_out_channels=(32, 64, 96),
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        layers_per_block=1,
        cross_attention_dim=CROSS,
        num_attention_heads=(2, 4, 4),
        num_frames=FRAMES,
    )
    config = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=37,
        num_hidden_layers=1,
        num_attention_heads=4,
        patch_size=32,
        projection_dim=CROSS,
    )
    return vae, unet, CLIPVisionModelWithProjection(config)


def train_vae(vae: Any, films: torch.Tensor, minutes: float) -> None:
    """Pixels to latents and back; L1 and a little pull of the latents to unit variance."""
    optimizer = torch.optim.AdamW(vae.parameters(), 1e-3)
    pictures, end, step = films.flatten(0, 1), time.monotonic() + 60 * minutes, 0
    while time.monotonic() < end:
        batch = pictures[torch.randint(len(pictures), (4,))]
        latent = vae.encode(batch).latent_dist
        out = vae.decode(latent.mode() + 0.02 * torch.randn_like(latent.mean), num_frames=1).sample
        loss = F.l1_loss(out, batch) + 1e-4 * latent.mean.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"vae {step:5} L1 {loss.item():.4f}", flush=True)
        step += 1
    with torch.no_grad():
        spread = vae.encode(pictures[:: max(1, len(pictures) // 64)]).latent_dist.mode().std().item()
    vae.register_to_config(scaling_factor=1 / spread)


def train_unet(vae: Any, unet: Any, films: torch.Tensor, minutes: float) -> None:
    """SVD's objective (EDM, v-prediction; Karras et al., 2022): sigma is log-normal (0.7, 1.6)."""
    with torch.no_grad():
        raw = torch.stack([vae.encode(film).latent_dist.mode() for film in films])
    latents = raw * vae.config.scaling_factor
    optimizer = torch.optim.AdamW(unet.parameters(), 1e-3)
    end, step, mean = time.monotonic() + 60 * minutes, 0, 0.0
    while time.monotonic() < end:
        pick = torch.randint(len(latents), (2,))
        z, image = latents[pick], raw[pick][:, :1].expand(-1, FRAMES, -1, -1, -1)
        if torch.rand(()) < 0.1:
            image = torch.zeros_like(image)
        sigma = (0.7 + 1.6 * torch.randn(2, 1, 1, 1, 1)).exp()
        x = z + sigma * torch.randn_like(z)
        ids = torch.tensor([[FPS - 1, 127, 0.02]]).expand(2, -1)
        given = torch.cat([x / (sigma**2 + 1).sqrt(), image], 2)
        out = unet(
            given, 0.25 * sigma.flatten().log(), torch.zeros(2, 1, CROSS), added_time_ids=ids, return_dict=False
        )[0]
        wanted = (z - x / (sigma**2 + 1)) / (-sigma / (sigma**2 + 1).sqrt())
        loss = F.mse_loss(out, wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        mean = 0.98 * mean + 0.02 * loss.item() if step else loss.item()
        if step % 50 == 0:
            print(f"unet {step:5} loss {mean:.4f}", flush=True)
        step += 1


def train(photos: list[Path], out: Path, minutes: float, count: int) -> None:
    films = []
    with Animator() as animator:
        for path in photos:
            films += films_of(animator, path, count)
    data = to_tensor(np.stack(films))
    print(f"{len(films)} films of {len(photos)} photos", flush=True)
    vae, unet, clip = small_models()
    train_vae(vae, data, 0.3 * minutes)
    train_unet(vae, unet, data, 0.7 * minutes)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        use_karras_sigmas=True, sigma_max=700.0, sigma_min=0.002, timestep_spacing="leading",
        timestep_type="continuous", steps_offset=1,
    )  # fmt: skip
    processor = CLIPImageProcessor(size={"shortest_edge": 224}, crop_size=224)
    StableVideoDiffusionPipeline(vae, clip, unet, scheduler, processor).save_pretrained(out)


def ask(photo: Path, model: Path, seconds: float) -> None:
    """Films by the backend with the guide let go and held, read by the built-in analyzer, against the plan.

    The photo is cropped as in training, and nothing of the draft is pasted over what the model made.
    """
    from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer

    analyzer = FaceMeshAnalyzer()
    with Animator() as animator:
        clip = animator.animate(str(photo), seconds=1, size=640)
    (y0, y1), (x0, x1) = head_box(clip)
    head = cv2.resize(clip.photo.pixels[y0:y1, x0:x1], (384, 384), interpolation=cv2.INTER_CUBIC)
    for steer in (0.0, 0.5, 0.8):
        said = {"model": str(model), "steps": 12, "frames": FRAMES, "fps": FPS, "size": SIZE, "steer": steer}
        said |= {"detail": 0.0, "background": "generated", "interpolate": "repeat", "overlap": 2, "guidance_max": 1.0}
        with Animator(backend="svd", conditioner="guide", options={"backend": said}) as animator:
            clip = animator.animate(head, seconds=seconds, fps=FPS)
            faces = [analyzer.analyze(clip.photo.with_pixels(frame.pixels)).faces for frame in clip]
        seen = np.array([bool(f) for f in faces])
        plan = clip.motion.faces[0]
        for name, read, planned in (
            ("yaw", [f[0].pose.yaw if f else 0.0 for f in faces], plan.column("headYaw")),
            ("lids", [1 - min(f[0].eyes_open) if f else 0.0 for f in faces], plan.column("eyeBlinkLeft")),
        ):
            told = f"{photo.name}, steer {steer}: face found in {seen.mean():.0%}"
            if seen.mean() < 0.5:
                print(f"{told}, too few to compare {name}; train longer", flush=True)
                continue
            r = np.corrcoef(np.array(read)[seen], planned[seen])[0, 1]
            print(f"{told}, {name} r {r:+.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["train", "ask"])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--films", type=int, default=12, help="films of each photo to train on")
    parser.add_argument("--seconds", type=float, default=6)
    asked = parser.parse_args()
    if asked.what == "train":
        train(asked.photos, asked.model, asked.minutes, asked.films)
    else:
        for photo in asked.photos:
            ask(photo, asked.model, asked.seconds)


if __name__ == "__main__":
    main()
