"""``custom``: any diffusers directory with an image-to-video pipeline, or a denoiser of your own."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from pydantic import ValidationError

from photomotion.errors import OptionsError, UsageError, WeightsError
from photomotion.plugin import Backend, Event, Runtime

from .clocks import karras
from .families.backend import FamilyBackend, load_family
from .families.base import Family
from .families.film import Film
from .families.hunyuan import Hunyuan
from .families.offers import CustomOptions
from .families.registry import of_index
from .families.steering import Levels
from .latents import as_bytes
from .loading import choose_device, choose_dtype, load_pipeline, locate
from .manifest import admit
from .options import DiffusionOptions, SvdOptions

__all__ = ["Denoiser", "Own", "Plain", "load_custom", "make_backend"]


@runtime_checkable
class Denoiser(Protocol):
    """A model of your own, most simply a ``torch.nn.Module`` with this one method.

    It may also have any of: ``multiple``, ``frames``, ``fps``, ``pixels`` and ``group`` (see
    :class:`photomotion_diffusers.families.base.Family`); ``sigma_max`` and ``sigma_min``, the noise it was trained for
    (80 and 0.002); ``encode(video) -> latents`` and ``decode(latents) -> video`` between (1, 3, F, H, W) in -1..1 and
    its latents. Without these two it works on pixels.
    """

    def denoise(
        self, latents: torch.Tensor, sigma: float, image: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        """Tell what is under the noise.

        Args:
            latents: float32 (1, C, f, h, w), ``x0 + sigma * noise``, not scaled.
            sigma: standard deviation of the noise.
            image: float32 (1, 3, H, W) in -1..1, the first frame of the film.
            generator: the film's own, if the model is to draw numbers.

        Returns:
            The model's estimate of ``x0``, of the shape of ``latents``.
        """
        ...


class Own(Family):
    """Runs a :class:`Denoiser` down Karras' ladder by Euler steps (Karras et al., 2022, algorithm 1 without churn).

    Args:
        denoiser: the model, where it is to run.
        device: where that is.
    """

    name = "custom"
    pipelines = ()
    model = licence = ""
    steps = 25

    def __init__(self, denoiser: Denoiser, device: str = "cpu") -> None:
        if not callable(getattr(denoiser, "denoise", None)):
            raise UsageError(
                f"custom: {type(denoiser).__name__} has no method denoise(latents, sigma, image, generator) -> x0"
            )
        defaults = {"multiple": 8, "frames": 25, "fps": 8.0, "pixels": 512 * 512, "group": 1}
        for key, value in defaults.items():
            setattr(self, key, getattr(denoiser, key, value))
        self._range = (float(getattr(denoiser, "sigma_min", 0.002)), float(getattr(denoiser, "sigma_max", 80.0)))
        self._device = device

    def ladder(self, steps: int) -> list[float]:
        """The sigmas of a whole run and a last 0."""
        return karras(steps, *self._range)

    def levels(self, pipe: Any, film: Film) -> Levels:
        """``z + sigma * eps`` is ``(1 + sigma) * ((1 - noise) * z + noise * eps)`` with noise = sigma / (1 + sigma)."""
        sigmas = self.ladder(film.steps)
        return Levels(noise=tuple(s / (1 + s) for s in sigmas), gain=tuple(1 + s for s in sigmas))

    def encode(self, pipe: Any, video: torch.Tensor) -> torch.Tensor:
        """By the model's own encoder, if it has one."""
        encode = getattr(pipe, "encode", None)
        return video.float() if encode is None else torch.as_tensor(encode(video)).float()

    def run(
        self,
        pipe: Any,
        film: Film,
        output: str = "pt",
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> torch.Tensor:
        """Make the film: float (F, 3, H, W) in 0..1, or latents (1, C, f, h, w)."""
        sigmas, levels, first = self.ladder(film.steps), self.levels(pipe, film), 0
        image = torch.from_numpy(np.asarray(film.image).copy()).permute(2, 0, 1)[None].to(self._device) / 127.5 - 1
        clock = None
        with torch.no_grad():
            if film.draft is None:
                blank = image[:, :, None].expand(-1, -1, film.frames, -1, -1)
                x = sigmas[0] * self.noise(pipe, self.encode(pipe, blank), film).to(self._device)
            else:
                first = levels.first(film.draft.start)
                clock = self.clock(pipe, film, levels, first)
                x = clock.start.to(self._device) * levels.gain_at(first)
            generator = film.generator()
            for step in range(first, film.steps):
                x0 = pipe.denoise(x, sigmas[step], image, generator)
                x = x0 + (x - x0) * (sigmas[step + 1] / sigmas[step])
                if clock is not None:
                    gain = levels.gain_at(step + 1)
                    x = clock.hold(step - first, x / gain) * gain
                film.show(partial(self._middle, pipe, x0))
                report(step - first + 1, film.steps - first)
            if output == "latent":
                return x
            video = self.decode(pipe, x)
        return (video[0].permute(1, 0, 2, 3).float() / 2 + 0.5).clamp(0, 1)

    def decode(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """By the model's own decoder, if it has one."""
        decode = getattr(pipe, "decode", None)
        return z if decode is None else torch.as_tensor(decode(z))

    @torch.no_grad()
    def _middle(self, pipe: Any, x0: torch.Tensor) -> npt.NDArray[np.uint8]:
        """A preview. All frames are decoded for it: which latents one of them needs is the model's secret."""
        video = self.decode(pipe, x0)
        return np.asarray(as_bytes(video[:, :, video.shape[2] // 2]).cpu().numpy()[0])

    def place(self, pipe: Any) -> tuple[str, torch.dtype]:
        """Where a draft is encoded, and in what."""
        return self._device, torch.float32


class Plain(Family):
    """A pipeline of which nothing is known but that it takes an ``image``: it is called, and not steered.

    Args:
        pipe: the pipeline.
    """

    name = "custom"
    pipelines = ()
    model = licence = ""
    steers = False

    def __init__(self, pipe: Any) -> None:
        parameters = inspect.signature(pipe.__call__).parameters
        self._takes = set(parameters)
        if "image" not in self._takes:
            raise UsageError(f"custom: {type(pipe).__name__} takes no image, so it cannot animate a photo")
        for key, option in {
            "frames": "num_frames",
            "steps": "num_inference_steps",
            "guidance": "guidance_scale",
        }.items():
            default = parameters[option].default if option in parameters else None
            if isinstance(default, int | float):
                setattr(self, key, default)

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """Those of the usual arguments that it knows."""
        usual = {**super().arguments(pipe, film), "fps": round(film.fps), "frame_rate": round(film.fps)}
        return {key: value for key, value in usual.items() if key in self._takes}

    def run(
        self,
        pipe: Any,
        film: Film,
        output: str = "np",
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> torch.Tensor:
        """Make the film: float (F, 3, H, W) in 0..1, in the size and number asked for whatever the pipeline made."""

        def tell(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            report(step + 1, film.steps)
            return {}

        telling = {"callback_on_step_end": tell} if "callback_on_step_end" in self._takes else {}
        with torch.no_grad():
            made = pipe(**self.arguments(pipe, film), generator=film.generator(), output_type="np", **telling)
        video = torch.from_numpy(np.asarray(made.frames[0])).permute(0, 3, 1, 2).float()
        size = film.image.size[::-1]
        if video.shape[2:] != size:
            video = torch.nn.functional.interpolate(video, size, mode="bilinear", antialias=True)
        return video[torch.arange(film.frames).clamp(max=len(video) - 1)]


def make_backend(denoiser: Denoiser, options: CustomOptions | None = None, runtime: Runtime | None = None) -> Backend:
    """A backend from a model of your own, for ``Animator(backend=make_backend(MyModel()), conditioner="guide")``.

    Args:
        denoiser: the model; moved to the device if it is a module.
        options: how; the defaults of ``custom`` otherwise.
        runtime: where; the CPU and no events otherwise.
    """
    device = choose_device("cpu" if runtime is None else runtime.device)
    if isinstance(denoiser, torch.nn.Module):
        denoiser.to(device).eval()
    on_event: Callable[[Event], None] = (lambda event: None) if runtime is None else runtime.on_event
    options = options or CustomOptions.model_validate({"model": type(denoiser).__name__})
    return FamilyBackend(Own(denoiser, device), denoiser, options, on_event)


def load_custom(options: CustomOptions, runtime: Runtime) -> Backend:
    """Load what ``model`` names: ``"package.module:factory"``, a directory, or a repository.

    Raises:
        UsageError: if the factory is not there or makes no denoiser, the pipeline takes no image, or it does not know
            an option that is set.
        WeightsError: if the model cannot be had.
    """
    module, colon, factory = options.model.partition(":")
    if colon and all(part.isidentifier() for part in (*module.split("."), factory)):
        return _own(module, factory, options, runtime)
    admit(options.model, runtime)
    folder = locate(options.model, revision=options.revision, half=False)
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
        name = str(index["_class_name"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(
            f"{options.model} holds no readable model_index.json; name the directory that save_pretrained wrote"
        ) from error
    named = options.model_copy(update={"model": str(folder)})
    if name == "StableVideoDiffusionPipeline":
        from .svd import SvdBackend

        return SvdBackend.load(_svd_options(named), runtime)
    family = of_index(index)
    if family is not None:
        return load_family(family, named, runtime, options.accept_licence)
    return _plain(name, named, runtime)


def _svd_options(options: CustomOptions) -> SvdOptions:
    """What was set for ``custom``, as options of ``svd``.

    Raises:
        OptionsError: if SVD does not know, or allow, something of it.
    """
    said = options.model_dump(exclude_unset=True, exclude={"accept_licence"})
    # 0, None and the empty string leave it to the model.
    for key in {*CustomOptions.model_fields} - {*DiffusionOptions.model_fields} | {"steps", "size"}:
        if key in said and not said[key]:
            del said[key]
    if "guidance" in said:
        said["guidance_max"] = said.pop("guidance")
    unknown = [key for key in CustomOptions.model_fields if key in said and key not in SvdOptions.model_fields]
    cure = f"; take them away, or see what backend='svd' knows, which can be named with model={options.model!r}"
    if unknown:
        raise OptionsError(
            f"custom: {options.model} holds a StableVideoDiffusionPipeline, which has no {', '.join(unknown)}{cure}"
        )
    try:
        return SvdOptions.model_validate(said)
    except ValidationError as error:
        names = {"guidance_max": "guidance"}
        faults = [f"{names.get(str(fault['loc'][0]), fault['loc'][0])}: {fault['msg']}" for fault in error.errors()]
        raise OptionsError(f"custom: {options.model} is run as svd: {'; '.join(faults)}{cure}") from error


def _own(module: str, factory: str, options: CustomOptions, runtime: Runtime) -> Backend:
    try:
        made = getattr(import_module(module), factory)()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"custom: {options.model} cannot be had: {error}; write package.module:factory") from error
    return make_backend(made, options, runtime)


def _plain(name: str, options: CustomOptions, runtime: Runtime) -> Backend:
    if "Hunyuan" in name and not options.accept_licence:
        raise WeightsError(f"{options.model}: {Hunyuan.gated}. If it covers you, say backend.accept_licence=true")
    device = choose_device(runtime.device)
    dtype = choose_dtype(runtime.dtype if options.dtype == "auto" else options.dtype, device)
    pipe = load_pipeline(options.model, {name}, dtype, None)
    message = f"{name} is not a family this plugin knows: it makes its own film and does not follow the planned motion"
    runtime.on_event(Event(stage="backend", message=message))
    return FamilyBackend(Plain(pipe), pipe, options, runtime.on_event, device)
