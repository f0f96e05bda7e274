"""From options to an analyzer: which networks, from which files, on which device."""

from __future__ import annotations

from typing import Any

import torch

from photomotion.errors import OptionsError
from photomotion.plugin import Runtime

from .analyzer import FaceAlignmentAnalyzer
from .networks import open_networks
from .plugin import FaceAlignmentOptions

__all__ = ["open_analyzer"]


def open_analyzer(options: FaceAlignmentOptions, runtime: Runtime) -> FaceAlignmentAnalyzer:
    """Open detector and networks and make the analyzer. Nothing is downloaded.

    Raises:
        OptionsError: if an option is missing that another one needs, or has no use.
        WeightsError: if a file is missing, damaged or of another network.
    """
    _check(options)
    device = runtime.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    network = options.network or runtime.weights("fan-2d")
    detector: dict[str, Any]
    if options.detector == "sfd":
        weights = options.detector_weights or runtime.weights("s3fd")
        detector = {"path_to_detector": str(weights), "filter_threshold": options.min_confidence}
    else:
        detector = {
            "path_to_detector": str(options.detector_weights),
            "path_to_anchor": str(options.anchors),
            "back_model": options.back_camera,
            "min_score_thresh": options.min_confidence,
        }
    networks = open_networks(network, options.depth, options.detector, detector, device)
    return FaceAlignmentAnalyzer(networks, options.max_faces, options.min_confidence)


def _check(options: FaceAlignmentOptions) -> None:
    faults = []
    if options.points == "3d" and (options.network is None or options.depth is None):
        faults.append("analyzer.points='3d' needs analyzer.network (3DFAN4) and analyzer.depth")
    if options.points == "2d" and options.depth is not None:
        faults.append("analyzer.depth is only for analyzer.points='3d'")
    if options.detector == "blazeface" and (options.detector_weights is None or options.anchors is None):
        faults.append("analyzer.detector='blazeface' needs analyzer.detector_weights and analyzer.anchors")
    if options.detector == "sfd" and (options.anchors is not None or options.back_camera):
        faults.append("analyzer.anchors and analyzer.back_camera are only for analyzer.detector='blazeface'")
    if faults:
        raise OptionsError("; ".join(faults))
