"""Weight files of the right shape, of random numbers, but for what decides whether a detector sees anybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from face_alignment.detection.blazeface.net_blazeface import BlazeFace
from face_alignment.detection.sfd.net_s3fd import s3fd
from face_alignment.models import FAN, ResNetDepth

LARGEST = "conv7_2_mbox"
"""SFD's layer for the largest faces: boxes of 512 px at every 128 px."""


def write_fan(path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(FAN(4).state_dict(), path)
    return path


def write_depth(path: Path) -> Path:
    torch.manual_seed(1)
    torch.save({"state_dict": {f"module.{k}": v for k, v in ResNetDepth().state_dict().items()}}, path)
    return path


def write_sfd(path: Path, sees: bool) -> Path:
    """An SFD that sees nobody, or a face of 512 px at every 128 px."""
    torch.manual_seed(2)
    net = s3fd()
    with torch.no_grad():
        for name, layer in net.named_modules():
            if name.endswith("mbox_conf"):
                layer.weight.zero_()
                layer.bias.fill_(6.0)
                layer.bias[-1] = 12.0 if sees and name.startswith(LARGEST) else -6.0
            if name.endswith("mbox_loc"):
                layer.weight.zero_()
                layer.bias.zero_()
    torch.save(net.state_dict(), path)
    return path


def write_blazeface(path: Path, anchors: Path, sees: bool, back: bool) -> tuple[Path, Path]:
    """A BlazeFace that sees nobody, or everywhere a face as large as half the picture; its anchors are all alike."""
    torch.manual_seed(3)
    net = BlazeFace(back_model=back)
    with torch.no_grad():
        for name, layer in net.named_modules():
            if name.startswith("classifier"):
                layer.weight.zero_()
                layer.bias.fill_(9.0 if sees else -9.0)
            if name.startswith("regressor"):
                layer.weight.zero_()
                layer.bias.zero_()
                layer.bias.view(-1, 16)[:, 2:4] = 0.5 * (256.0 if back else 128.0)
    torch.save(net.state_dict(), path)
    np.save(anchors, np.tile(np.array([[0.5, 0.5, 1, 1]], np.float32), (896, 1)))
    return path, anchors
