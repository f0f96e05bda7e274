"""A whole SVD pipeline with every real block type, small, with random weights, built without a download."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

torch.set_num_threads(1)


def tiny_unet(seed: int = 0) -> Any:
    """Four levels, both kinds of block on either side, as in SVD."""
    torch.manual_seed(seed)
    unet = UNetSpatioTemporalConditionModel(
        sample_size=8,
        block_out_channels=(32, 64, 64, 64),
        layers_per_block=2,
        cross_attention_dim=32,
        num_attention_heads=(2, 4, 4, 4),
        addition_time_embed_dim=16,
        projection_class_embeddings_input_dim=48,
        num_frames=4,
    )
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            if "mix_factor" in name:
                parameter.normal_(0.3, 0.5)
    return unet.eval()


def tiny_pipe(seed: int = 0) -> Any:
    unet = tiny_unet(seed)
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 2, block_out_channels=(32, 64), layers_per_block=1, sample_size=16
    ).eval()
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=37, num_hidden_layers=1, num_attention_heads=4, projection_dim=32
    )
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )
    pipe = StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=CLIPVisionModelWithProjection(vision).eval(),
        unet=unet,
        scheduler=scheduler,
        feature_extractor=CLIPImageProcessor(),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def tiny_inputs(batch: int = 2, frames: int = 4, size: int = 16, seed: int = 1) -> dict[str, Any]:
    """What the pipeline hands to the U-Net."""
    random = torch.Generator().manual_seed(seed)
    return {
        "sample": torch.randn(batch, frames, 8, size, size, generator=random),
        "timestep": torch.tensor(0.5),
        "encoder_hidden_states": torch.randn(batch, 1, 32, generator=random),
        "added_time_ids": torch.tensor([[6.0, 127.0, 0.02]] * batch),
    }


def relative(ours: torch.Tensor, stock: torch.Tensor) -> float:
    """Root mean square of the difference over that of ``stock``."""
    return float((ours - stock).double().pow(2).mean().sqrt() / stock.double().pow(2).mean().sqrt())
