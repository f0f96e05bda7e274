"""A Stable Video Diffusion of a million random weights, saved to disk as diffusers saves the real one; and a draft."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from photomotion.data import Conditioning, Guide

FRAMES = 6


def build_svd() -> StableVideoDiffusionPipeline:
    """The pipeline, float32 on the CPU; latents are an eighth of the picture, as in the real one."""
    torch.manual_seed(0)
    unet = UNetSpatioTemporalConditionModel(
        sample_size=8,
        in_channels=8,
        out_channels=4,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        block_out_channels=(32, 64),
        num_attention_heads=(2, 4),
        layers_per_block=1,
        cross_attention_dim=32,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=FRAMES,
    )
    vae = AutoencoderKLTemporalDecoder(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        block_out_channels=(32, 32, 32, 32),
        layers_per_block=1,
        latent_channels=4,
        sample_size=64,
        scaling_factor=0.18215,
        force_upcast=True,
    )
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        interpolation_type="linear",
        num_train_timesteps=1000,
        prediction_type="v_prediction",
        sigma_max=700.0,
        sigma_min=0.002,
        steps_offset=1,
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
    )
    vision = CLIPVisionConfig(
        hidden_size=32,
        projection_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=224,
        intermediate_size=37,
        patch_size=56,
    )
    encoder = CLIPVisionModelWithProjection(vision).eval()
    processor = CLIPImageProcessor(crop_size=224, size=224)
    pipe = StableVideoDiffusionPipeline(
        unet=unet.eval(), image_encoder=encoder, vae=vae.eval(), scheduler=scheduler, feature_extractor=processor
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def save_svd(folder: Path) -> Path:
    """Write it, safetensors only, and return the folder."""
    build_svd().save_pretrained(folder, safe_serialization=True)
    return folder


REGIONS = {"person": 0.42, "head": 0.3, "mouth": 0.1, "eyes": 0.15}
"""Radii of the fake guide's regions, as shares of the photo's shorter side."""


def fake_guide(conditioning: Conditioning, *, everywhere: bool = False) -> Conditioning:
    """The conditioning with a draft in which the photo slides sideways, its first row the photo."""
    photo, frames = conditioning.photo, conditioning.motion.frames
    height, width = photo.pixels.shape[:2]

    def draw(row: int) -> npt.NDArray[np.uint8]:
        return np.roll(photo.pixels, round(4 * np.sin(row / 3)), axis=1)

    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(x - width / 2, y - 0.42 * height) / min(height, width)
    regions = {
        name: np.ones_like(distance) if everywhere else np.clip((radius - distance) * 20 + 0.5, 0, 1)
        for name, radius in REGIONS.items()
    }
    return replace(conditioning, guide=Guide(draw=draw, frames=frames, regions=regions))
