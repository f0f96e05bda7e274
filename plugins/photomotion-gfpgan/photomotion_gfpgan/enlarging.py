"""The whole photo enlarged with Real-ESRGAN, by itself or around redrawn faces."""

from __future__ import annotations

from collections.abc import Callable

from photomotion.data import Mending, Photo, Restoration
from photomotion.plugin import Event

from .alignment import Floats
from .pasting import Canvas
from .tones import Tone
from .upscaling import enlarge, enlarge_plainly

__all__ = ["Enlarger"]


class Enlarger:
    """A restorer that enlarges a photo in tiles.

    Args:
        network: enlarges float32 (h, w, 3), 0..255, so many times.
        scale: how many times as wide and high the photo becomes.
        fidelity: share of the plainly enlarged scan that stays, 0..1.
        tile: edge of the pieces, px of the scan.
        on_event: told how far the work is.
    """

    def __init__(
        self,
        network: Callable[[Floats], Floats],
        scale: int,
        *,
        fidelity: float = 0.0,
        tile: int = 256,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._network = network
        self.scale = scale
        self._fidelity = fidelity
        self._tile = tile
        self._on_event = on_event

    def restore(self, photo: Photo) -> Restoration:
        """Enlarge a photo; every pixel of it is then partly the network's.

        Raises:
            StageError: if the network fails.
        """
        canvas = self.canvas(photo, Tone.of(photo))
        return Restoration(
            photo=photo.with_pixels(canvas.pixels),
            changed=canvas.changed(),
            generated=canvas.generated,
            steps=(self.step(photo),),
        )

    def canvas(self, photo: Photo, tone: Tone) -> Canvas:
        """Enlarge a photo as the ground on which faces are put."""
        self._on_event(Event(stage="restorer", message="enlarging"))
        pixels = enlarge(
            photo.pixels,
            self._network,
            self.scale,
            tone,
            tile=self._tile,
            fidelity=self._fidelity,
            on_tile=lambda done, total: self._on_event(
                Event(stage="restorer", done=done, total=total, message="enlarging")
            ),
        )
        return Canvas(pixels, enlarge_plainly(photo.pixels, self.scale), 1 - self._fidelity)

    def step(self, photo: Photo) -> Mending:
        """What is said of it."""
        words = (
            f"The photo was enlarged {self.scale} times, from {photo.width} x {photo.height} px; its fine "
            f"detail is the network's by {1 - self._fidelity:.0%}."
        )
        return Mending(name="enlarging", measured=self.scale, strength=1 - self._fidelity, sentence=words)
