"""The small models of SVD's architecture that ``steering.py`` trains, and how they begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from diffusers.models.resnet import ResnetBlock2D, TemporalResnetBlock
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

SIZE, LATENT, FRAMES, CROSS = 64, 12, 8, 32
"""Pixels a side, channels of a latent, frames of a window, width of the image embedding."""


def small_models() -> tuple[AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel]:
    """SVD's classes, small. A latent is 4 pixels: six between the outer eye corners, as SVD's are at 50 pixels."""
    torch.manual_seed(0)
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 3,
        block_out_channels=(64, 96, 96),
        layers_per_block=1,
        latent_channels=LATENT,
        sample_size=SIZE,
        force_upcast=False,
    )
    unet = UNetSpatioTemporalConditionModel(
        sample_size=SIZE // 4,
        in_channels=2 * LATENT,
        out_channels=LATENT,
        down_block_types=("DownBlockSpatioTemporal", *("CrossAttnDownBlockSpatioTemporal",) * 2),
        up_block_types=(*("CrossAttnUpBlockSpatioTemporal",) * 2, "UpBlockSpatioTemporal"),
        block_out_channels=(64, 128, 128),
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        layers_per_block=1,
        cross_attention_dim=CROSS,
        num_attention_heads=(2, 4, 4),
        num_frames=FRAMES,
    )
    prepare(vae)
    torch.nn.init.zeros_(unet.conv_out.weight)
    torch.nn.init.zeros_(unet.conv_out.bias)
    return vae, unet


def prepare(vae: Any) -> None:
    """Begin where training is short: layers along time do nothing, and stay so; residual blocks begin so.

    The last norms would take brightness and contrast from the picture; one channel of each group begins as a constant.
    """
    for module in vae.modules():
        if isinstance(module, ResnetBlock2D | TemporalResnetBlock):
            torch.nn.init.zeros_(module.conv2.weight)
            torch.nn.init.zeros_(module.conv2.bias)
        if isinstance(module, TemporalResnetBlock):
            module.requires_grad_(False)
    with torch.no_grad():
        last = vae.decoder.up_blocks[-1].resnets[-1].spatial_res_block
        for block, norm, group in (
            (vae.encoder.mid_block.resnets[-1], vae.encoder.conv_norm_out, 3),
            (last, vae.decoder.conv_norm_out, 2),
        ):
            block.conv2.bias[::group] += 3
            norm.bias += 1
        along = vae.decoder.time_conv_out
        along.weight.zero_()
        along.bias.zero_()
        along.weight[:, :, 1, 0, 0] = torch.eye(3)
    along.requires_grad_(False)


def save(vae: Any, unet: Any, out: Path) -> None:
    """A whole pipeline. Its image encoder says 0 for every photo, which is what the U-Net was trained with."""
    config = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=37,
        num_hidden_layers=1,
        num_attention_heads=4,
        patch_size=32,
        projection_dim=CROSS,
    )
    clip = CLIPVisionModelWithProjection(config)
    torch.nn.init.zeros_(clip.visual_projection.weight)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        use_karras_sigmas=True, sigma_max=700.0, sigma_min=0.002, timestep_spacing="leading",
        timestep_type="continuous", steps_offset=1,
    )  # fmt: skip
    processor = CLIPImageProcessor(size={"shortest_edge": 224}, crop_size=224)
    StableVideoDiffusionPipeline(vae, clip, unet, scheduler, processor).save_pretrained(out)
