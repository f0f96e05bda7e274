from __future__ import annotations

import subprocess
import sys

import torch

# A torchvision built for CUDA does not import beside a torch built for the CPU unless the operators that its own
# library would bring are declared. What imports in a fresh interpreter is left alone.
if subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True).returncode:
    OPERATORS = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        OPERATORS.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

torch.set_num_threads(1)
