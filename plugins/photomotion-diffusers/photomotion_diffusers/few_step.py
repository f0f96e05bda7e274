"""Few steps: the consistency sampler of AnimateLCM-SVD, and the U-Net weights that want it, on the stock pipeline.

A consistency model says at every noise level what the film is in the end, not only which way to go (Song et al., 2023;
for latents Luo et al., 2023; distilled from SVD by Wang et al., AnimateLCM, 2024). A step of the sampler takes that
answer and adds fresh noise of the next level::

    clean = skip * x + out * F(x / sqrt(sigma^2 + d^2)),   skip = d^2 / (sigma^2 + d^2),   out = -sigma * d / sqrt(...)
    x     = clean + next * noise

At sigma 0 that is x itself, the boundary condition. Published consistency models have d = 0.5; AnimateLCM-SVD was
distilled with d = 1, for which these scalings are those of SVD's own v-prediction: the network's output keeps its
meaning. Its levels are every (40 // steps)-th of Karras' ladder of 40, from the highest, and then 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import EulerDiscreteScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteSchedulerOutput
from diffusers.utils.torch_utils import randn_tensor

from photomotion.errors import UsageError, WeightsError

from .clocks import karras

__all__ = ["ConsistencyScheduler", "consistency_levels", "exchange_unet", "seeded", "take_few_steps"]

TRAINED = 40
"""Noise levels that the model was distilled on."""


def consistency_levels(steps: int, low: float = 0.002, high: float = 700.0) -> list[float]:
    """The noise levels of ``steps`` steps and a last 0.

    Raises:
        UsageError: if there are more steps than levels.
    """
    if steps > TRAINED:
        raise UsageError(f"the sampler 'lcm' has {TRAINED} noise levels, so steps must be at most that, not {steps}")
    ladder = karras(TRAINED, low, high)
    return [ladder[i * (TRAINED // steps)] for i in range(steps)] + [0.0]


class ConsistencyScheduler(EulerDiscreteScheduler):  # type: ignore[misc]
    """Steps of a consistency model; levels, scaling of the input and the model's clock are those of Euler's.

    Stock pipelines hand no generator to a scheduler: put it into :attr:`generator`, or the noise is that of PyTorch's
    global one.
    """

    generator: torch.Generator | None = None
    """What the noise between the steps is drawn from."""
    clean: torch.Tensor | None = None
    """What the model said at the last step that the film is in the end."""

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        timesteps: Sequence[int] | None = None,
        sigmas: Sequence[float] | None = None,
    ) -> None:
        """Set the levels: those of so many steps, or falling ones given with a last 0."""
        if num_inference_steps is not None:
            config = self.config
            sigmas = consistency_levels(num_inference_steps, config.sigma_min or 0.002, config.sigma_max or 700.0)
        super().set_timesteps(device=device, timesteps=timesteps, sigmas=sigmas)

    def step(
        self,
        model_output: torch.Tensor,
        timestep: Any,
        sample: torch.Tensor,
        generator: torch.Generator | None = None,
        return_dict: bool = True,
        **rest: Any,
    ) -> Any:
        """From the level of this step to the next: the model's clean film, and noise of that level.

        Args:
            model_output: v, the shape of ``sample``.
            timestep: the model's clock, one of :attr:`timesteps`.
            sample: unscaled latents at this step's level.
            generator: instead of :attr:`generator`.
            return_dict: whether the answer has names.
            rest: Euler's own, of no use here.
        """
        if self.step_index is None:
            self._init_step_index(timestep)
        sigma, following = (float(level) for level in self.sigmas[self.step_index : self.step_index + 2])
        variance = sigma**2 + 1
        clean = sample.float() / variance - sigma / variance**0.5 * model_output.float()
        after = clean
        if following > 0:
            drawn = self.generator if generator is None else generator
            after = clean + following * randn_tensor(clean.shape, generator=drawn, device=clean.device)
        self._step_index += 1
        self.clean = clean.to(model_output.dtype)
        after = after.to(model_output.dtype)
        return EulerDiscreteSchedulerOutput(after, self.clean) if return_dict else (after,)


def take_few_steps(pipe: Any) -> None:
    """Exchange a pipeline's scheduler, whichever was saved with it, for a :class:`ConsistencyScheduler`."""
    pipe.scheduler = ConsistencyScheduler.from_config(
        pipe.scheduler.config,
        prediction_type="v_prediction",
        timestep_type="continuous",
        timestep_spacing="leading",
        use_karras_sigmas=True,
    )


def seeded(scheduler: Any, generator: torch.Generator) -> None:
    """Let a scheduler that adds noise draw it from ``generator``; others are left as they are."""
    if isinstance(scheduler, ConsistencyScheduler):
        scheduler.generator = generator


def exchange_unet(pipe: Any, weights: str) -> None:
    """Give the pipeline's U-Net other weights of the same architecture.

    Args:
        pipe: the pipeline, in host memory and not yet changed in any way.
        weights: a ``.safetensors`` file, or ``owner/name/file.safetensors`` on the hub.

    Raises:
        WeightsError: if the file cannot be had, or belongs to another architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        pipe.unet.load_state_dict(load_file(_file(weights)))
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"the U-Net weights {weights} cannot be read: {error}; fetch them again") from error
    except RuntimeError as error:
        said = str(error).splitlines()[0]
        raise WeightsError(f"the U-Net weights {weights} belong to another architecture ({said})") from error


def _file(weights: str) -> Path:
    from huggingface_hub import hf_hub_download

    path = Path(weights).expanduser()
    if path.suffix != ".safetensors":
        raise WeightsError(f"{weights} is no .safetensors file; pickles can run code and are never loaded")
    if path.is_file():
        return path
    parts = weights.split("/")
    if len(parts) != 3 or path.is_absolute():
        raise WeightsError(f"there is no file {weights}; on the hub it is owner/name/file.safetensors")
    try:
        return Path(hf_hub_download("/".join(parts[:2]), parts[2]))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{weights} is not cached here and cannot be had: {error}; run 'hf download {parts[0]}/{parts[1]} "
            f"{parts[2]}' where there is a network"
        ) from error
