"""Photos, faces and networks that tests are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

from photomotion.data import Analysis, Face, Photo
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion_gfpgan.alignment import Floats

ASTRONAUT = Path(__file__).parents[3] / "examples" / "photos" / "astronaut.png"


def astronaut() -> Photo:
    """NASA's photograph of Eileen Collins, 512 x 512 px, 59 px between the outer eye corners."""
    return Photo(pixels=np.ascontiguousarray(cv2.imread(str(ASTRONAUT))[..., ::-1]), name="astronaut.png")


def gray(photo: Photo) -> Photo:
    light = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    return replace(photo, pixels=np.repeat(light[..., None], 3, axis=2), gray=True)


def sepia(photo: Photo) -> Photo:
    """A print of one dye: its colour is decided by its brightness."""
    light = gray(photo).pixels[..., 0].astype(np.float32) / 255
    paper, ink = np.array([246, 232, 200], np.float32), np.array([38, 20, 8], np.float32)
    pixels = ink + light[..., None] ** 0.9 * (paper - ink)
    return photo.with_pixels(np.round(pixels).astype(np.uint8))


class Drawn:
    """An analyzer that knows the drawn portrait, wherever it was put."""

    def __init__(self, faces: int = 1, turned: float = 0.0) -> None:
        self.faces, self.turned = faces, turned

    def analyze(self, photo: Photo) -> Analysis:
        width = photo.width // self.faces
        analysis = fake_analysis(width, photo.height)
        face = analysis.faces[0]
        return Analysis(
            faces=tuple(self._moved(face, i * width) for i in range(self.faces)),
            matte=np.tile(analysis.matte, (1, self.faces)),
        )

    def _moved(self, face: Face, x: float) -> Face:
        landmarks = face.landmarks + np.array([x, 0, 0], np.float32)
        return replace(face, landmarks=landmarks, pose=replace(face.pose, yaw=self.turned))


def several(faces: int, width: int = 150, height: int = 190) -> Photo:
    """The drawn portrait so many times side by side."""
    return fake_photo().with_pixels(np.tile(fake_photo(width, height).pixels, (1, faces, 1)))


def unchanged(square: Floats) -> Floats:
    return square.copy()


def sharpened(square: Floats) -> Floats:
    return np.clip(square + 1.5 * (square - cv2.GaussianBlur(square, (0, 0), 3)), 0, 255)


def moving(x: float, y: float, pixels: float, reach: float = 60) -> Callable[[Floats], Floats]:
    """A network that pushes what lies at a place of the square downward."""

    def redraw(square: Floats) -> Floats:
        rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
        push = pixels * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2))
        rows = (rows - push).astype(np.float32)
        return np.asarray(cv2.remap(square, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))

    return redraw


def painted(square: Floats) -> Floats:
    """A network that paints red lips and a blue eye, and makes everything warmer."""
    made = square + np.array([25, 0, -25], np.float32)
    made[350:395, 205:310] = (200, 40, 60)
    made[230:250, 180:205] = (60, 110, 210)
    return np.clip(made, 0, 255)


def randomize(model: torch.nn.Module, seed: int = 0) -> None:
    """Random weights that keep the signal's size, so that every layer shows in the output."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                fan = tensor[0].numel() if tensor.ndim > 1 else 4
                tensor.copy_(torch.randn(tensor.shape, generator=generator) / fan**0.5)


def save(model: torch.nn.Module, path: Path, key: str = "params_ema") -> Path:
    """Save weights as published ones are, or as safetensors by the file's ending."""
    tensors = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save({key: tensors} if key else tensors, path)
    return path


def restoreformer() -> torch.nn.Module:
    from spandrel.architectures.RestoreFormer import RestoreFormer

    model = RestoreFormer(ch=32, ch_mult=(1, 1, 1, 1, 1, 1), num_res_blocks=1, z_channels=32, embed_dim=32, n_embed=16)
    randomize(model)
    return model


def esrgan(scale: int = 4) -> torch.nn.Module:
    from spandrel.architectures.ESRGAN import ESRGAN

    unshuffle = {4: None, 2: 2}[scale]
    model = ESRGAN(in_nc=3 if unshuffle is None else 12, num_filters=8, num_blocks=1, scale=4, shuffle_factor=unshuffle)
    randomize(model)
    with torch.no_grad():
        last = list(model.parameters())[-2:]
        last[0] *= 0.1
        last[1].fill_(0.5)
    return model


def pixels(array: Floats) -> npt.NDArray[np.uint8]:
    return np.clip(np.round(array), 0, 255).astype(np.uint8)
