"""Draft-to-refine: a draft's latents decide what an unmodified pipeline denoises, region by region, until released.

At noise level sigma a latent is ``z + sigma * eps`` (EDM: SVD) or ``(1 - sigma) * z + sigma * eps`` (rectified flow:
Wan, LTX, Hunyuan ...). A run starts from the draft at the *start* sigma, everywhere. After each step, wherever the
release map is below the new level, the draft, noised to that level, is written back. So a region with a high release
sigma is the model's own from early on, a region with a low one follows the draft to the end. One constant map is SDEdit
(Meng et al., 2022); two values are the dual clock of Time-to-Move (2025).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

__all__ = ["Clock", "Schedule", "karras", "noised", "tail"]

Schedule = Literal["edm", "flow"]


def karras(steps: int, low: float = 0.002, high: float = 700.0, rho: float = 7.0) -> list[float]:
    """The sigmas of ``steps`` steps, from ``high`` to ``low`` and a last 0 (Karras et al., 2022, eq. 5)."""
    ramp = [i / max(steps - 1, 1) for i in range(steps)]
    return [(high ** (1 / rho) + r * (low ** (1 / rho) - high ** (1 / rho))) ** rho for r in ramp] + [0.0]


def tail(sigmas: Sequence[float], start: float) -> list[float]:
    """The part of a falling ladder that begins at the first sigma not above ``start``; at least one step is left."""
    first = next((i for i, sigma in enumerate(sigmas) if sigma <= start), len(sigmas) - 2)
    return list(sigmas[min(first, len(sigmas) - 2) :])


def noised(z: torch.Tensor, eps: torch.Tensor, sigma: float, schedule: Schedule) -> torch.Tensor:
    """Latents ``z`` at noise level ``sigma``."""
    return z + sigma * eps if schedule == "edm" else (1 - sigma) * z + sigma * eps


@dataclass(frozen=True, eq=False, kw_only=True)
class Clock:
    """What holds a run to its draft. Call it as diffusers' ``callback_on_step_end``.

    Raises:
        ValueError: if the shapes do not go together.
    """

    z: torch.Tensor
    """float32, the draft's latents, in the pipeline's own layout and normalisation."""
    eps: torch.Tensor
    """float32, the one noise of the whole run, the shape of ``z``."""
    release: torch.Tensor
    """float32, broadcasts to ``z``: the sigma at which each latent is let go; 0 never lets go, infinity at once."""
    sigmas: tuple[float, ...]
    """The ladder of the run, its last 0 included: what the pipeline was given."""
    schedule: Schedule
    also: Callable[[int, torch.Tensor], None] | None = None
    """Called after each step with its index and the latents: progress, previews, cancelling by an exception."""

    def __post_init__(self) -> None:
        if self.z.shape != self.eps.shape:
            raise ValueError(f"draft {tuple(self.z.shape)} and noise {tuple(self.eps.shape)} must have one shape")
        if torch.broadcast_shapes(self.z.shape, self.release.shape) != self.z.shape:  # type: ignore[no-untyped-call]
            raise ValueError(f"release {tuple(self.release.shape)} does not fit {tuple(self.z.shape)}")

    @property
    def start(self) -> torch.Tensor:
        """The latents to begin with: the draft at the first sigma, unscaled."""
        return noised(self.z, self.eps, self.sigmas[0], self.schedule)

    def hold(self, step: int, latents: torch.Tensor) -> torch.Tensor:
        """The latents after ``step`` (0 is the first), with the draft written back where it is not yet released."""
        level = self.sigmas[step + 1]
        draft = noised(self.z, self.eps, level, self.schedule).to(latents.device)
        held = self.release.to(latents.device) < level if level > 0 else self.release.to(latents.device) <= 0
        return torch.where(held, draft, latents.float()).to(latents.dtype)

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Diffusers' callback: hand back the latents with the draft written in."""
        latents = self.hold(step, tensors["latents"])
        if self.also is not None:
            self.also(step, latents)
        return {"latents": latents}
