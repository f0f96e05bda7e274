"""LTX-2 image-to-video: LTX's latents, with a sound made beside them that is not used."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import PIL.Image
import torch

from photomotion_diffusers.clocks import Clock

from .film import Film
from .ltx import Ltx
from .steering import Levels

__all__ = ["Ltx2"]


class Ltx2(Ltx):
    """LTX-2 through ``LTX2ImageToVideoPipeline``."""

    name = "ltx2"
    pipelines = ("LTX2ImageToVideoPipeline",)
    siblings = ("LTX2Pipeline",)
    model = "Lightricks/LTX-2"
    licence = "LTX-2 community licence"
    pixels = 512 * 768
    frames = 121
    fps = 24.0
    steps = 30
    guidance = 3.0
    shifts: ClassVar[dict[str, float]] = {
        "base_image_seq_len": 1024,
        "max_image_seq_len": 4096,
        "base_shift": 0.95,
        "max_shift": 2.05,
    }

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """Without guidance, that of space and time, of the sound and between them is off too (distilled models)."""
        stock = super().arguments(pipe, film)
        if film.guidance > 1:
            return stock
        scales = {f"{kind}{name}": 1.0 for kind in ("", "audio_") for name in ("guidance_scale", "modality_scale")}
        off = {f"{kind}{name}": 0.0 for kind in ("", "audio_") for name in ("stg_scale", "guidance_rescale")}
        return {**stock, **scales, **off}

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """Clean latents before normalisation, which the pipeline noises with the first numbers of its generator.

        The photo's are encoded as the pipeline would: compressed as the films were that the model was trained on. The
        sound begins as the noised mean of all sounds.
        """
        width, height = film.image.size
        space, time = pipe.vae_spatial_compression_ratio, pipe.vae_temporal_compression_ratio
        shape = (film.frames - 1) // time + 1, height // space, width // space
        patch = pipe.transformer_spatial_patch_size, pipe.transformer_temporal_patch_size
        z = pipe._unpack_latents(clock.z, *shape, *patch).clone()
        z[:, :, :1] = self._photo(pipe, film.image)
        vae, sound = pipe.vae, pipe.audio_vae
        mean, deviation = vae.latents_mean.float().cpu(), vae.latents_std.float().cpu()
        z = pipe._denormalize_latents(z, mean, deviation, vae.config.scaling_factor)
        second = pipe.audio_sampling_rate / pipe.audio_hop_length / float(pipe.audio_vae_temporal_compression_ratio)
        length = round(film.frames / round(film.fps) * second)
        mute = sound.latents_mean.float().cpu().expand(1, length, -1)
        mute = pipe._unpack_audio_latents(mute, length, sound.config.mel_bins // pipe.audio_vae_mel_compression_ratio)
        return {"latents": z, "audio_latents": mute, "noise_scale": levels.noise[first]}

    def _photo(self, pipe: Any, image: PIL.Image.Image) -> torch.Tensor:
        """The photo's latents (1, C, 1, h, w), normalised, on the CPU."""
        # Not every diffusers that this plugin runs with has them.
        from diffusers.pipelines.ltx2.utils import apply_image_conditioning_crf, resolve_default_image_crf

        crf = resolve_default_image_crf(pipe.text_encoder)
        pixels = torch.from_numpy(apply_image_conditioning_crf(np.array(image), crf).copy())
        device, dtype = self.place(pipe)
        video = (pixels.permute(2, 0, 1)[None, :, None].float() / 127.5 - 1).to(device, dtype)
        with torch.no_grad():
            return self.encode(pipe, video).cpu()
