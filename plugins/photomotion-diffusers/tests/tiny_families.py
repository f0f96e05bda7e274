"""Image-to-video models small enough for a test: random weights, the real architectures, saved to disk by diffusers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

__all__ = ["TINY", "save"]


def tokenizer(length: int = 16) -> PreTrainedTokenizerFast:
    """Splits at spaces; every word is unknown but a few."""
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2, "a": 3, "portrait": 4}
    core = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=length
    )


def _t5() -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=32, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4))


def _umt5() -> UMT5EncoderModel:
    return UMT5EncoderModel(UMT5Config(vocab_size=32, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4))


def _wan_vae(**changes: Any) -> diffusers.AutoencoderKLWan:
    sizes: dict[str, Any] = {
        "base_dim": 3,
        "z_dim": 16,
        "dim_mult": [1, 1, 1, 1],
        "num_res_blocks": 1,
        "temperal_downsample": [False, True, True],
    }
    return diffusers.AutoencoderKLWan(**{**sizes, **changes})


def _wan_transformer(**changes: Any) -> diffusers.WanTransformer3DModel:
    sizes: dict[str, Any] = {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": 36,
        "out_channels": 16,
        "text_dim": 32,
        "freq_dim": 256,
        "ffn_dim": 32,
        "num_layers": 2,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 32,
    }
    return diffusers.WanTransformer3DModel(**{**sizes, **changes})


def _unipc() -> diffusers.UniPCMultistepScheduler:
    return diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0, num_train_timesteps=1000
    )


def _wan21() -> diffusers.WanImageToVideoPipeline:
    vision = CLIPVisionConfig(
        hidden_size=4, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4
    )
    return diffusers.WanImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=_umt5(),
        vae=_wan_vae(),
        scheduler=_unipc(),
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
        image_encoder=CLIPVisionModel(vision),
        transformer=_wan_transformer(image_dim=4),
    )


def _wan22_5b() -> diffusers.WanImageToVideoPipeline:
    changes = {"z_dim": 48, "in_channels": 12, "out_channels": 12, "is_residual": True, "patch_size": 2}
    vae = _wan_vae(
        **changes,
        latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
        decoder_base_dim=3,
    )
    return diffusers.WanImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=_umt5(),
        vae=vae,
        scheduler=_unipc(),
        transformer=_wan_transformer(in_channels=48, out_channels=48),
        expand_timesteps=True,
    )


def _wan22_a14b() -> diffusers.WanImageToVideoPipeline:
    return diffusers.WanImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=_umt5(),
        vae=_wan_vae(),
        scheduler=_unipc(),
        transformer=_wan_transformer(),
        transformer_2=_wan_transformer(),
        boundary_ratio=0.9,
    )


def _skyreels() -> diffusers.SkyReelsV2ImageToVideoPipeline:
    vision = CLIPVisionConfig(
        hidden_size=4, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4
    )
    transformer = diffusers.SkyReelsV2Transformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=36,
        out_channels=16,
        text_dim=32,
        freq_dim=256,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
        image_dim=4,
    )
    return diffusers.SkyReelsV2ImageToVideoPipeline(
        tokenizer=tokenizer(),
        text_encoder=_umt5(),
        vae=_wan_vae(),
        scheduler=_unipc(),
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
        image_encoder=CLIPVisionModel(vision),
        transformer=transformer,
    )


def _vace() -> diffusers.WanVACEPipeline:
    transformer = diffusers.WanVACETransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=32,
        freq_dim=256,
        ffn_dim=32,
        num_layers=3,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
        vace_layers=[0, 2],
        vace_in_channels=96,
    )
    return diffusers.WanVACEPipeline(
        tokenizer=tokenizer(), text_encoder=_umt5(), vae=_wan_vae(), scheduler=_unipc(), transformer=transformer
    )


def _ltx_parts() -> dict[str, Any]:
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        patch_size=1,
        patch_size_t=1,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=32,
        num_layers=1,
        caption_channels=32,
    )
    vae = diffusers.AutoencoderKLLTXVideo(
        in_channels=3,
        out_channels=3,
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False),
        decoder_spatio_temporal_scaling=(True, True, True, False),
        decoder_inject_noise=(False, False, False, False, False),
        upsample_residual=(False, False, False, False),
        upsample_factor=(1, 1, 1, 1),
        timestep_conditioning=False,
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    return {"transformer": transformer, "vae": vae, "text_encoder": _t5(), "tokenizer": tokenizer()}


def _ltx() -> diffusers.LTXImageToVideoPipeline:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True,
        base_shift=0.95,
        max_shift=2.05,
        base_image_seq_len=1024,
        max_image_seq_len=4096,
        shift_terminal=0.1,
    )
    return diffusers.LTXImageToVideoPipeline(scheduler=scheduler, **_ltx_parts())


def _ltx_condition() -> diffusers.LTXConditionPipeline:
    return diffusers.LTXConditionPipeline(scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), **_ltx_parts())


def _cogvideox(patch_size_t: int | None = None) -> diffusers.CogVideoXImageToVideoPipeline:
    transformer = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=8,
        out_channels=4,
        time_embed_dim=2,
        text_embed_dim=32,
        num_layers=1,
        sample_width=16,
        sample_height=16,
        sample_frames=9,
        patch_size=2,
        patch_size_t=patch_size_t,
        temporal_compression_ratio=4,
        max_text_seq_length=16,
        use_rotary_positional_embeddings=True,
        use_learned_positional_embeddings=False,
        patch_bias=patch_size_t is None,
    )
    block = ("CogVideoXDownBlock3D",) * 4
    vae = diffusers.AutoencoderKLCogVideoX(
        in_channels=3,
        out_channels=3,
        down_block_types=block,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=4,
        layers_per_block=1,
        norm_num_groups=2,
        temporal_compression_ratio=4,
        scaling_factor=0.7,
        invert_scale_latents=patch_size_t is not None,
    )
    scheduler = diffusers.CogVideoXDDIMScheduler(
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        snr_shift_scale=1.0,
        set_alpha_to_one=True,
        timestep_spacing="trailing",
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        clip_sample=False,
    )
    return diffusers.CogVideoXImageToVideoPipeline(
        tokenizer=tokenizer(), text_encoder=_t5(), vae=vae, transformer=transformer, scheduler=scheduler
    )


def _hunyuan(kind: str = "token_replace") -> diffusers.HunyuanVideoImageToVideoPipeline:
    transformer = diffusers.HunyuanVideoTransformer3DModel(
        in_channels=4 if kind == "token_replace" else 9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=10,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=1,
        patch_size_t=1,
        guidance_embeds=kind == "token_replace",
        text_embed_dim=16,
        pooled_projection_dim=8,
        rope_axes_dim=(2, 4, 4),
        image_condition_type=kind,
    )
    vae = diffusers.AutoencoderKLHunyuanVideo(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        act_fn="silu",
        norm_num_groups=4,
        scaling_factor=0.476986,
        spatial_compression_ratio=8,
        temporal_compression_ratio=4,
        mid_block_add_attention=True,
    )
    return diffusers.HunyuanVideoImageToVideoPipeline(
        text_encoder=None,
        tokenizer=None,
        transformer=transformer,
        vae=vae,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
        text_encoder_2=None,
        tokenizer_2=None,
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
    )


TINY: dict[str, Callable[[], Any]] = {
    "wan21": _wan21,
    "wan22-5b": _wan22_5b,
    "wan22-a14b": _wan22_a14b,
    "skyreels": _skyreels,
    "vace": _vace,
    "ltx": _ltx,
    "ltx-condition": _ltx_condition,
    "cogvideox": _cogvideox,
    "cogvideox15": lambda: _cogvideox(2),
    "hunyuan": _hunyuan,
    "hunyuan-concat": lambda: _hunyuan("latent_concat"),
}
"""Builders by the name of the model they are a small picture of."""


def save(name: str, folder: Path) -> Path:
    """Build the model ``name`` with weights of seed 0 and save it as a diffusers directory; returns that directory."""
    from tiny_more import MORE

    torch.manual_seed(0)
    {**TINY, **MORE}[name]().save_pretrained(folder / name, safe_serialization=True)
    return folder / name
