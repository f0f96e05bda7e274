"""The photo as SVD's own encoders see it, computed once: kept in memory and on disk, over seeds, windows and films.

The pipeline stays as it is. For the length of a run its two encoding methods are replaced, on the instance, by ones
that look first whether the answer is known. What they look for is the picture itself, pixel by pixel, and the encoders'
weights, so a changed photo, crop, restoration, draft or model is never mistaken for another.

SVD adds noise to the photo before it is encoded to latents (``noise_augmentation``). The noise comes from the film's
own generator, which is read here as in the stock pipeline, and is part of the picture looked for: with noise, latents
are those of one seed and are kept in memory only; without, they serve every seed. The CLIP embedding never has noise.
Either way the film is the stock pipeline's, bit for bit.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from photomotion.data import Analysis, Conditioning, Guide, Motion, Photo
from photomotion.warp import Scene, moving_regions

__all__ = ["ClipVaeConditioner", "Embeddings", "remembering", "user_cache"]

IN_MEMORY, ON_DISK = 64, 512
"""Answers kept, the last used ones; 4 kB to some hundred each."""
SAMPLES = 16
"""Numbers of each weight tensor that tell one model from another."""


class ClipVaeConditioner:
    """Adds a memory for what the model's encoders say, and a guide, as the conditioner ``guide`` does.

    Args:
        folder: where answers are kept between runs; None keeps them in memory only.
        say: told once if the folder cannot be written to.
    """

    def __init__(self, folder: Path | None, say: Callable[[str], None] = lambda words: None) -> None:
        self.embeddings = Embeddings(folder, say)

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the three with a guide and ``extras["clip-vae"]``: an :class:`Embeddings`.

        Nothing is encoded yet: only the backend knows which part of the photo it will generate, and has the encoders.
        """
        scene = Scene(photo, analysis, motion)
        guide = Guide(draw=scene.draw, frames=motion.frames, regions=moving_regions(scene))
        return Conditioning(
            photo=photo,
            analysis=analysis,
            motion=motion,
            guide=guide,
            extras={"clip-vae": self.embeddings},
        )


class Embeddings:
    """Answers of encoders, by picture and model.

    Args:
        folder: where they are kept between runs; None keeps them in memory only.
        say: told once if the folder cannot be written to.
    """

    def __init__(self, folder: Path | None, say: Callable[[str], None] = lambda words: None) -> None:
        self._folder = folder
        self._say = say
        self._known: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._prints: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    @contextmanager
    def remembered(self, pipe: Any, *, noisy: bool) -> Iterator[None]:
        """While this is open, a StableVideoDiffusionPipeline encodes no photo that is known already.

        Args:
            pipe: the pipeline. Its methods are its own again afterwards.
            noisy: whether noise is added to the photo, so that its latents are not worth keeping on disk.
        """
        if pipe not in self._prints:
            self._prints[pipe] = fingerprint(pipe)
        own = {name: vars(pipe).get(name) for name in ("_encode_image", "_encode_vae_image")}
        pipe._encode_image = partial(self._embedding, pipe, pipe._encode_image)
        pipe._encode_vae_image = partial(self._latents, pipe, pipe._encode_vae_image, not noisy)
        try:
            yield
        finally:
            for name, method in own.items():
                if method is None:
                    delattr(pipe, name)
                else:
                    setattr(pipe, name, method)

    def _embedding(
        self,
        pipe: Any,
        stock: Any,
        image: Any,
        device: Any,
        num_videos_per_prompt: int,
        do_classifier_free_guidance: bool,
    ) -> torch.Tensor:
        """In the place of ``_encode_image``; for one PIL picture and one film of it."""
        key = self._key(pipe, "clip", next(pipe.image_encoder.parameters()).dtype, device, image.size, image.tobytes())
        value = self._recall(key, lambda: stock(image, device, 1, False), keep=True).to(device)
        return torch.cat([torch.zeros_like(value), value]) if do_classifier_free_guidance else value

    def _latents(
        self,
        pipe: Any,
        stock: Any,
        keep: bool,
        image: torch.Tensor,
        device: Any,
        num_videos_per_prompt: int,
        do_classifier_free_guidance: bool,
    ) -> torch.Tensor:
        """In the place of ``_encode_vae_image``; for one picture, with its noise, and one film of it."""
        key = self._key(pipe, "vae", pipe.vae.dtype, device, tuple(image.shape), _bytes(image))
        value = self._recall(key, lambda: stock(image, device, 1, False), keep=keep).to(device)
        return torch.cat([torch.zeros_like(value), value]) if do_classifier_free_guidance else value

    def _key(self, pipe: Any, kind: str, dtype: torch.dtype, device: Any, size: Any, content: bytes) -> str:
        said = (self._prints[pipe], kind, str(dtype), torch.device(device).type, size)
        return hashlib.sha256(repr(said).encode() + content).hexdigest()

    def _recall(self, key: str, compute: Callable[[], torch.Tensor], *, keep: bool) -> torch.Tensor:
        value = self._known.get(key)
        if value is None and keep:
            value = self._read(key)
        if value is None:
            value = compute().cpu().contiguous()
            if keep:
                self._write(key, value)
        self._known[key] = value
        self._known.move_to_end(key)
        while len(self._known) > IN_MEMORY:
            self._known.popitem(last=False)
        return value

    def _read(self, key: str) -> torch.Tensor | None:
        """The answer on disk; None if it is not there or not whole."""
        if self._folder is None:
            return None
        path = self._folder / f"{key}.safetensors"
        try:
            with safe_open(path, framework="pt") as file:
                value: torch.Tensor = file.get_tensor("value")
                digest = (file.metadata() or {}).get("sha256")
            if digest != hashlib.sha256(_bytes(value)).hexdigest():
                return None
            os.utime(path)
        except (OSError, SafetensorError, ValueError):
            return None
        return value

    def _write(self, key: str, value: torch.Tensor) -> None:
        """Keep an answer on disk, whole or not at all; if it cannot be kept, say so and go on without."""
        if self._folder is None:
            return
        digest = hashlib.sha256(_bytes(value)).hexdigest()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder) as beside:
                new = Path(beside) / "value.safetensors"
                save_file({"value": value}, new, metadata={"sha256": digest})
                new.replace(self._folder / f"{key}.safetensors")
            by_age = sorted(self._folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
            for old in by_age[:-ON_DISK]:
                old.unlink(missing_ok=True)
        except (OSError, SafetensorError) as error:
            self._say(f"what the model's encoders say of the photo is not kept: {self._folder} ({error})")
            self._folder = None


def remembering(embeddings: Embeddings | None, pipe: Any, *, noisy: bool) -> AbstractContextManager[None]:
    """:meth:`Embeddings.remembered`; nothing if there is no memory."""
    return nullcontext() if embeddings is None else embeddings.remembered(pipe, noisy=noisy)


def fingerprint(pipe: Any) -> str:
    """What tells a pipeline's encoders from others: some numbers of each weight, and how pictures are prepared."""
    digest = hashlib.sha256()
    parts = {"clip": pipe.image_encoder, "vae": pipe.vae}
    for part, model in parts.items():
        for name, weight in model.state_dict().items():
            if part == "vae" and name.startswith("decoder."):
                continue
            digest.update(f"{part} {name} {tuple(weight.shape)} {weight.dtype}".encode())
            flat = weight.detach().reshape(-1)
            digest.update(_bytes(flat[:: max(1, flat.numel() // SAMPLES)].float()))
    prepared = pipe.feature_extractor.to_dict()
    digest.update(json.dumps({k: prepared.get(k) for k in ("image_mean", "image_std")}).encode())
    return digest.hexdigest()


def _bytes(tensor: torch.Tensor) -> bytes:
    whole = tensor.detach().cpu().contiguous()
    return bytes(whole.reshape(-1).view(torch.uint8).numpy().data)


def user_cache() -> Path:
    """This user's folder for things that may be deleted at any time."""
    with suppress(RuntimeError):  # nobody is at home
        home = Path.home()
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "photomotion" / "Cache"
        if sys.platform == "darwin":
            return home / "Library" / "Caches" / "photomotion"
        return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "photomotion"
    return Path(tempfile.gettempdir()) / "photomotion"
