"""What an adapter knows about a family of image-to-video pipelines, and the one run that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from photomotion.errors import UsageError
from photomotion_diffusers.clocks import Clock
from photomotion_diffusers.latents import as_bytes
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.preview import Outlook

from .film import Film
from .steering import Hold, Levels, shortened

if TYPE_CHECKING:
    from .options import FamilyOptions

__all__ = ["Family", "flow_levels"]

Picture = npt.NDArray[np.uint8]


class Family:
    """A family's facts, and the ways in which it differs. The defaults are those of a rectified-flow model (Wan)."""

    name: ClassVar[str]
    pipelines: ClassVar[tuple[str, ...]]
    """Class names in a ``model_index.json`` that this adapter serves; the first is what it runs."""
    siblings: ClassVar[tuple[str, ...]] = ()
    """Class names of published indexes with the same parts, which are run as the first of ``pipelines``."""
    model: ClassVar[str]
    """The repository whose weights are meant when nothing else is said."""
    licence: ClassVar[str]
    gated: ClassVar[str] = ""
    """Why it must be asked for explicitly; empty if it need not."""
    multiple: ClassVar[int] = 16
    """Height and width are multiples of it, px."""
    group: ClassVar[int] = 4
    """Frames in one latent frame: the number of frames is a multiple of it, plus 1."""
    pixels: ClassVar[int] = 480 * 832
    """Height times width that the model was trained at."""
    frames: ClassVar[int] = 81
    fps: ClassVar[float] = 16.0
    steps: ClassVar[int] = 40
    guidance: ClassVar[float] = 5.0
    steers: ClassVar[bool] = True
    """Whether a draft can hold it."""
    controls: ClassVar[tuple[str, ...]] = ()
    """Names of the control films without which it makes none."""
    packages: ClassVar[tuple[str, ...]] = ()
    """What its pipeline imports only when it is called."""
    precise_decoder: ClassVar[bool] = False
    """Whether its autoencoder is to stay in float32 when all else is halved."""

    def count(self, wanted: int) -> int:
        """The smallest number of frames that the model can make and that is not below ``wanted``."""
        return -(-(max(wanted, 2) - 1) // self.group) * self.group + 1

    def films(self, options: FamilyOptions) -> tuple[str, ...]:
        """Names of the control films that it is given."""
        return self.controls

    def lead(self, pipe: Any) -> int:
        """Frames that the pipeline makes before the photo and throws away."""
        return 0

    def sections(self, film: Film) -> int:
        """How often the pipeline runs down its ladder for one film."""
        return 1

    def keeps_first(self, pipe: Any) -> bool:
        """Whether the pipeline itself holds the first latent frame clean, so that no noise may be written there."""
        return False

    def open(self, folder: Path, dtype: torch.dtype) -> Any:
        """Load the pipeline from a directory into host memory.

        Raises:
            WeightsError: if something is missing, or another pipeline is in it.
        """
        return load_pipeline(str(folder), (*self.pipelines, *self.siblings), dtype, None, kind=self.pipelines[0])

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """What the stock pipeline is called with, seed and progress aside."""
        width, height = film.image.size
        return {
            "image": film.image,
            "prompt": film.prompt,
            "negative_prompt": film.negative,
            "height": height,
            "width": width,
            "num_frames": film.frames + self.lead(pipe),
            "num_inference_steps": film.steps,
            "guidance_scale": film.guidance,
        }

    def levels(self, pipe: Any, film: Film) -> Levels:
        """The ladder that the pipeline will climb down, read from a copy of its own scheduler."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        scheduler.set_timesteps(film.steps)
        return flow_levels(scheduler.sigmas)

    def encode(self, pipe: Any, video: torch.Tensor) -> torch.Tensor:
        """Clean latents, float32 (1, C, f, h, w), in the loop's normalisation, of a film (1, 3, F, H, W) in -1..1."""
        z = pipe.vae.encode(video).latent_dist.mode().float()
        shape = (1, -1, 1, 1, 1)
        mean = torch.tensor(pipe.vae.config.latents_mean).view(shape).to(z)
        normal: torch.Tensor = (z - mean) / torch.tensor(pipe.vae.config.latents_std).view(shape).to(z)
        return normal

    def pack(self, pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        """Latents (1, C, f, h, w) as the pipeline's loop holds them."""
        return latents

    def unpack(self, pipe: Any, latents: torch.Tensor, film: Film) -> torch.Tensor:
        """Latents as the pipeline's loop holds them as (1, C, f, h, w)."""
        return latents

    def decode(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """The film (1, 3, F, H, W) in -1..1 of latents as :meth:`encode` gives them."""
        shape = (1, -1, 1, 1, 1)
        mean = torch.tensor(pipe.vae.config.latents_mean).view(shape).to(z)
        return self.decoded(pipe, z * torch.tensor(pipe.vae.config.latents_std).view(shape).to(z) + mean)

    def decoded(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """Latents in the autoencoder's own scale through its decoder."""
        video: torch.Tensor = pipe.vae.decode(z.to(pipe.vae.dtype), return_dict=False)[0]
        return video

    def picture(self, pipe: Any, film: Film, outlook: Outlook, levels: Levels, first: int) -> Picture:
        """One frame of what is under the noise now, uint8 (H, W, 3): a preview.

        It is the latent frame in the middle, decoded alone, as if it were the first of a film: quick, and rougher than
        what it becomes among its neighbours.
        """
        step = first + outlook.step
        gains = levels.gain_at(step), levels.gain_at(step + 1)
        with torch.no_grad():
            z = self.unpack(pipe, outlook.clean(levels.noise[step], levels.noise[step + 1], gains), film)
            middle = z.shape[2] // 2
            video = self.decode(pipe, z[:, :, middle : middle + 1].to(self.place(pipe)[0]))
        return np.asarray(as_bytes(video[:, :, -1]).cpu().numpy()[0])

    def place(self, pipe: Any) -> tuple[Any, torch.dtype]:
        """Where a draft is encoded, and in what."""
        return pipe._execution_device, pipe.vae.dtype

    def noise(self, pipe: Any, z: torch.Tensor, film: Film) -> torch.Tensor:
        """The one noise of the run, (1, C, f, h, w)."""
        return torch.randn(z.shape, generator=film.generator())

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """The further arguments that make the pipeline begin with the clock's latents."""
        return {"latents": clock.start * levels.gain_at(first)}

    def skipped(self, levels: Levels, start: float) -> int:
        """How many steps are left out when a run begins at the noise level ``start``."""
        return levels.first(start)

    def shorten(self, pipe: Any, first: int) -> AbstractContextManager[None]:
        """A context in which the pipeline leaves out its first steps."""
        return shortened(pipe.scheduler, first)

    def run(
        self, pipe: Any, film: Film, output: str = "pt", report: Callable[[int, int], None] = lambda done, total: None
    ) -> torch.Tensor:
        """Make the film: float (F, 3, H, W) in 0..1, or whatever latents ``output="latent"`` gives.

        Without a draft this is the stock pipeline's call, bit for bit.
        """
        further: dict[str, Any] = {}
        total, first, outlook = film.steps * self.sections(film), 0, Outlook()
        levels: Levels | None = None

        def look(step: int, latents: torch.Tensor) -> None:
            outlook.see(step, latents)
            film.show(lambda: self.picture(pipe, film, outlook, levels or self.levels(pipe, film), first))

        hold = Hold(clock=None, levels=Levels(noise=(1.0, 0.0)), report=lambda done: report(done, total), look=look)
        context: AbstractContextManager[None] = nullcontext()
        if film.draft is not None:
            levels = self.levels(pipe, film)
            first = self.skipped(levels, film.draft.start)
            clock = self.clock(pipe, film, levels, first)
            further = self.begin(pipe, film, clock, levels, first)
            left = (film.steps - first) * self.sections(film)
            hold = Hold(clock=clock, levels=levels, first=first, report=lambda done: report(done, left), look=look)
            context = self.shorten(pipe, first)
        try:
            with context, torch.no_grad():
                made = self.call(pipe, film, {**self.arguments(pipe, film), **further}, hold, output)
        except BaseException:
            pipe.maybe_free_model_hooks()
            raise
        frames: torch.Tensor = made.frames if output == "latent" else made.frames[0]
        return frames

    def call(self, pipe: Any, film: Film, arguments: dict[str, Any], hold: Hold, output: str) -> Any:
        """Call the pipeline so that ``hold`` is called after each of its steps."""
        return pipe(**arguments, generator=film.generator(), callback_on_step_end=hold, output_type=output)

    def clock(self, pipe: Any, film: Film, levels: Levels, first: int) -> Clock:
        """The draft of a film as the clock of a run that leaves out its ``first`` steps."""
        assert film.draft is not None
        lead = self.lead(pipe)
        device, dtype = self.place(pipe)
        frames = torch.from_numpy(np.concatenate([film.draft.frames[:1]] * lead + [film.draft.frames]))
        video = (frames.permute(3, 0, 1, 2)[None].float() / 127.5 - 1).to(device, dtype)
        with torch.no_grad():
            z = self.encode(pipe, video).cpu()
        before = lead // self.group
        release = film.draft.release(z.shape[2] - before, video.shape[-1] // z.shape[-1])
        release = torch.cat([release[:1]] * before + [release])
        if self.keeps_first(pipe):
            release[0] = torch.inf
        return Clock(
            z=self.pack(pipe, z),
            eps=self.pack(pipe, self.noise(pipe, z, film)),
            release=self.pack(pipe, release[None, None].expand(z.shape)),
            sigmas=levels.noise[first:],
            schedule="flow",
        )


def flow_levels(sigmas: Any) -> Levels:
    """The sigmas of a rectified-flow scheduler as levels.

    Raises:
        UsageError: if they leave 0..1: it is another kind of scheduler, and a draft would be noised wrongly.
    """
    noise = tuple(float(sigma) for sigma in sigmas)
    if max(noise) > 1:
        raise UsageError(
            "backend: this model's scheduler is not a rectified flow, so a draft cannot hold it. Set steer to 0, "
            "or use the scheduler that the model was published with."
        )
    return Levels(noise=noise)
