"""Reason codes, visibility, light and doubt, on photos made by code: what each must give and must not."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from large_portrait import Portrait
from made_photos import MADE

from photomotion.analysis import Describer, Sighting
from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.lighting import harmonics, measure_lighting, normals
from photomotion.builtin.analyzers.facemesh.pose import estimate_uncertainty, measure_pose
from photomotion.builtin.analyzers.facemesh.region import Scales
from photomotion.builtin.analyzers.facemesh.suitability import SEVERITY
from photomotion.builtin.limits import keeps_still
from photomotion.data import Analysis, Photo

PLAIN = {"teeth"}
TABLE: dict[str, tuple[set[str], set[str]]] = {
    # name: (must give, may give besides); everything else must not be given.
    "plain": (PLAIN, set()),
    "gray": (PLAIN, set()),
    "sepia": (PLAIN, set()),
    "blurred": ({"blurred"}, {"teeth", "mouth-open"}),
    "dark": ({"dark", "low-contrast"}, PLAIN | {"mouth-open"}),
    "overexposed": ({"overexposed"}, PLAIN | {"grain", "colour-cast"}),
    "low contrast": ({"low-contrast", "faded"}, PLAIN | {"mouth-open"}),
    "faded": ({"faded"}, PLAIN),
    "green cast": ({"colour-cast"}, PLAIN | {"mouth-open"}),
    "magenta cast": ({"colour-cast"}, PLAIN),
    "turned left": ({"rotated-scan"}, PLAIN),
    "upside down": ({"rotated-scan"}, PLAIN),
    "turned right": ({"rotated-scan"}, PLAIN),
    "tilted": ({"tilted", "printed-border"}, PLAIN),
    "askew": ({"printed-border"}, PLAIN),
    "at the edge": (PLAIN, {"tiny-face"}),
    "tiny": ({"tiny-face"}, PLAIN | {"mouth-open"}),
    "cropped": ({"cropped-face"}, PLAIN),
    "hand": ({"occluded"}, set()),
    "fist": ({"occluded"}, {"mouth-open"}),
    "finger": ({"occluded"}, PLAIN),
    "mask": ({"occluded"}, set()),
    "microphone": ({"occluded"}, {"mouth-open"}),
    "telephone": ({"occluded"}, PLAIN),
    "gray microphone": ({"occluded"}, {"mouth-open"}),
    "fingers": ({"occluded"}, {"mouth-open"}),
    "bar": ({"occluded"}, PLAIN | {"hat-or-hair", "mouth-open", "side-light"}),
    "closed eyes": ({"eyes-closed"}, PLAIN),
    "glasses": ({"glasses"}, PLAIN),
    "half frame": ({"glasses"}, PLAIN),
    "sunglasses": ({"sunglasses"}, PLAIN),
    "hat": ({"hat-or-hair"}, PLAIN),
    "grain": ({"grain"}, PLAIN),
    "scratches": ({"scratches"}, PLAIN),
    "border": ({"printed-border"}, PLAIN),
    "print on a table": ({"printed-border"}, PLAIN),
    "side light": ({"side-light"}, PLAIN | {"mouth-open"}),
    "shadow": ({"occluded", "hat-or-hair"}, PLAIN),
    "statue": ({"art"}, PLAIN | {"mouth-open"}),
    "open mouth": ({"mouth-open"}, set()),
    "two": ({"several-faces"} | PLAIN, set()),
    "nobody": ({"no-face"}, set()),
}


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return Portrait(FaceMeshAnalyzer())


@pytest.fixture(scope="module")
def analyses(portrait: Portrait) -> dict[str, Analysis]:
    return {name: portrait.analyzer.analyze(Photo(pixels=make(portrait))) for name, make in MADE.items()}


def codes(analysis: Analysis) -> set[str]:
    return {f.code for f in analysis.suitability.findings}


def test_every_made_photo_is_in_the_table() -> None:
    assert set(TABLE) == set(MADE)
    never = set(SEVERITY) - set().union(*(must for must, _ in TABLE.values()))
    # No profile can be made from a face seen from the front.
    assert never == {"profile", "three-quarter"}


@pytest.mark.parametrize("name", MADE)
def test_a_made_photo_gives_its_codes_and_no_others(analyses: dict[str, Analysis], name: str) -> None:
    must, may = TABLE[name]
    found = codes(analyses[name])
    assert must <= found
    assert found <= must | may
    for finding in analyses[name].suitability.findings:
        assert math.isfinite(finding.value)
        assert finding.message.endswith(".")
        assert finding.face is None or finding.face < len(analyses[name].faces)


@pytest.mark.parametrize("name", sorted(set(MADE) - {"nobody"}))
def test_codes_do_not_hang_on_a_single_gray_level(portrait: Portrait, analyses: dict[str, Analysis], name: str) -> None:
    pixels = MADE[name](portrait)
    noise = np.random.default_rng(1).integers(-1, 2, pixels.shape[:2])[..., None]
    nearly = np.clip(pixels.astype(np.int32) + noise, 0, 255).astype(np.uint8)
    undecided = TABLE[name][1] if name == "blurred" else set()
    assert codes(portrait.analyzer.analyze(Photo(pixels=nearly))) - undecided == codes(analyses[name]) - undecided


@pytest.mark.parametrize(("degrees", "code"), [(0, None), (10, None), (22, "three-quarter"), (50, "profile")])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_turned_mesh_is_told_from_a_frontal_one(
    portrait: Portrait, degrees: int, code: str | None, side: int
) -> None:
    points = portrait.analysis.faces[0].landmarks.astype(np.float64)
    middle, angle = points.mean(axis=0), math.radians(side * degrees)
    turn = np.array([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])
    sighting = Sighting(landmarks=((points - middle) @ turn.T + middle).astype(np.float32))
    found = codes(Describer().describe(Photo(pixels=portrait.pixels), [sighting])) & {"three-quarter", "profile"}
    assert found == ({code} if code else set())


@pytest.mark.parametrize(
    ("name", "expectation"),
    [("plain", "good"), ("gray", "good"), ("blurred", "fair"), ("mask", "fair"), ("tiny", "fair"), ("nobody", "poor")],
)
def test_the_expectation_follows_the_worst_finding(analyses: dict[str, Analysis], name: str, expectation: str) -> None:
    assert analyses[name].suitability.expectation == expectation


@pytest.mark.parametrize(("side", "expectation", "action"), [(256, "fair", "left out"), (160, "poor", "keeps still")])
def test_of_a_face_that_is_too_small_to_move_it_is_said(
    portrait: Portrait, side: int, expectation: str, action: str
) -> None:
    small = cv2.resize(portrait.pixels, (side, side), interpolation=cv2.INTER_AREA)
    analysis = portrait.analyzer.analyze(Photo(pixels=small))
    (finding,) = (one for one in analysis.suitability.findings if one.code == "tiny-face")
    assert (analysis.suitability.expectation, finding.action.endswith(action)) == (expectation, True)
    assert keeps_still(analysis.faces[0]) == (expectation == "poor")


@pytest.mark.parametrize(("name", "turn"), [("plain", 0), ("turned left", 90), ("upside down", 180), ("tilted", 0)])
def test_the_turn_is_the_one_that_sets_the_photo_upright(analyses: dict[str, Analysis], name: str, turn: int) -> None:
    assert analyses[name].suitability.turn == turn


@pytest.mark.parametrize(
    ("name", "hidden", "seen"),
    [
        ("mask", ("mouth", "jaw", "left_cheek"), ("left_eye", "forehead")),
        ("hand", ("mouth",), ("left_eye", "right_eye", "forehead")),
        ("fist", ("mouth",), ("left_eye", "right_eye", "left_cheek")),
        ("finger", ("right_eye",), ("left_eye", "mouth", "left_cheek")),
        ("bar", ("right_eye", "right_cheek"), ("left_eye",)),
        ("sunglasses", ("left_eye", "right_eye"), ("mouth", "left_cheek")),
        ("hat", ("forehead",), ("left_eye", "mouth", "jaw")),
        ("cropped", ("left_cheek",), ("right_eye", "right_cheek")),
    ],
)
def test_what_is_hidden_is_not_visible(
    analyses: dict[str, Analysis], name: str, hidden: tuple[str, ...], seen: tuple[str, ...]
) -> None:
    visible = vars(analyses[name].faces[0].visibility)
    assert all(0 <= v <= 1 for v in visible.values())
    assert max(visible[part] for part in hidden) < 0.4
    assert min(visible[part] for part in seen) > 0.6


def test_all_of_an_open_face_is_visible(analyses: dict[str, Analysis]) -> None:
    for name in ("plain", "gray", "sepia", "grain", "side light", "faded"):
        assert min(vars(analyses[name].faces[0].visibility).values()) > 0.7


# Doubt


@pytest.mark.parametrize("name", ["blurred", "dark", "tiny", "grain", "gray", "low contrast", "mask", "hat", "bar"])
def test_a_pose_is_within_three_times_its_uncertainty(analyses: dict[str, Analysis], name: str) -> None:
    true, pose = analyses["plain"].faces[0].pose, analyses[name].faces[0].pose
    for axis, doubt in zip(("yaw", "pitch", "roll"), pose.uncertainty, strict=True):
        assert abs(getattr(pose, axis) - getattr(true, axis)) < 3 * doubt


def test_what_is_harder_to_see_is_less_certain(analyses: dict[str, Analysis]) -> None:
    clear = sum(analyses["plain"].faces[0].pose.uncertainty)
    assert sum(analyses["bar"].faces[0].pose.uncertainty) > clear
    assert clear < 12


def test_a_turned_pose_is_less_certain(portrait: Portrait) -> None:
    landmarks = portrait.analysis.faces[0].landmarks[:468]
    pose = measure_pose(landmarks, 1024, 1024)
    frontal = estimate_uncertainty(pose, landmarks[None], 1024, 1024)
    turned = estimate_uncertainty(replace(pose, yaw=45.0), landmarks[None], 1024, 1024)
    assert turned[0] > 2 * frontal[0]


# Light


def painted(portrait: Portrait, lamp: tuple[float, float, float], share: float) -> Scales:
    """The portrait's mesh in even gray, ``share`` of its light from one lamp, the rest from everywhere."""
    landmarks = portrait.analysis.faces[0].landmarks
    direction = np.array(lamp) / np.linalg.norm(lamp)
    facing = normals(landmarks[:468]) @ direction
    light = (1 - share) * 0.25 + share * np.maximum(facing, 0)
    light = 0.6 * light / light.max()
    encoded = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    picture = np.zeros((1024, 1024), np.float32)
    weight = np.full((1024, 1024), 1e-6, np.float32)
    for (x, y), value in zip(landmarks[:468, :2], encoded, strict=True):
        spot = np.zeros_like(picture[:41, :41])
        spot[20, 20] = 1
        spot = cv2.GaussianBlur(spot, (0, 0), 5)
        box = (slice(round(y) - 20, round(y) + 21), slice(round(x) - 20, round(x) + 21))
        picture[box] += value * spot
        weight[box] += spot
    gray = (picture / weight).astype(np.uint8)
    return Scales(np.repeat(gray[..., None], 3, axis=2))


@pytest.mark.parametrize("lamp", [(-0.7, -0.3, -0.65), (0.6, -0.5, -0.6), (0.1, -0.8, -0.6), (0.0, 0.0, -1.0)])
def test_a_lamp_is_found_where_it_stands(portrait: Portrait, lamp: tuple[float, float, float]) -> None:
    landmarks = portrait.analysis.faces[0].landmarks
    light = measure_lighting(painted(portrait, lamp, 0.8), landmarks, normals(landmarks[:468]))
    cosine = float(np.dot(light.direction, np.array(lamp) / np.linalg.norm(lamp)))
    assert math.degrees(math.acos(min(cosine, 1.0))) < 18
    assert light.confidence > 0.4


def test_the_harder_the_lamp_the_less_soft_the_light(portrait: Portrait) -> None:
    landmarks = portrait.analysis.faces[0].landmarks
    soft = [
        measure_lighting(painted(portrait, (-0.7, -0.3, -0.65), share), landmarks, normals(landmarks[:468])).softness
        for share in (0.1, 0.4, 0.9)
    ]
    assert soft[0] > soft[1] > soft[2]


def test_the_harmonics_give_back_the_shading(portrait: Portrait) -> None:
    landmarks = portrait.analysis.faces[0].landmarks
    normal = normals(landmarks[:468])
    lamp = np.array([-0.7, -0.3, -0.65]) / np.linalg.norm([-0.7, -0.3, -0.65])
    light = measure_lighting(painted(portrait, tuple(lamp), 0.8), landmarks, normal)
    assert len(light.harmonics) == 9
    facing = normal[:, 2] < -0.3
    true = 0.05 + 0.8 * np.maximum(normal[facing] @ lamp, 0)
    assert float(np.corrcoef(harmonics(normal[facing]) @ np.array(light.harmonics), true)[0, 1]) > 0.93


def test_harmonics_are_orthogonal_over_the_sphere() -> None:
    chance = np.random.default_rng(2).normal(size=(200_000, 3))
    terms = harmonics(chance / np.linalg.norm(chance, axis=1, keepdims=True))
    products = terms.T @ terms / len(terms)
    products /= np.sqrt(np.outer(np.diag(products), np.diag(products)))
    np.testing.assert_allclose(products, np.eye(9), atol=0.02)


# Cost


def test_a_larger_film_costs_more_and_a_longer_one_takes_longer(analyses: dict[str, Analysis]) -> None:
    small, large = analyses["tiny"].suitability.cost, analyses["plain"].suitability.cost
    assert small is not None
    assert large is not None
    assert small.seconds() < large.seconds() < large.seconds(250)
    assert small.memory < large.memory
