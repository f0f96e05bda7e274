"""What guides a backend: drafts that are the renderer's, regions that hold what moves, and words that count right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.backends.warp import WarpBackend
from photomotion.builtin.conditioners.guide import GuideConditioner
from photomotion.builtin.conditioners.prompt import PromptConditioner
from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.data import (
    Analysis,
    CameraMotion,
    Conditioning,
    Face,
    FaceMotion,
    Guide,
    Motion,
    Photo,
    Timing,
    describe,
)
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene, moving_regions
from photomotion.warp.eyes import EYES
from photomotion.warp.regions import MOUTH

NATURAL = Timing(seconds=2, fps=10)
STAYS = "Static camera, the face and the background stay the same."


def motion_of(*faces: dict[str, list[float]], fps: float = 10) -> Motion:
    """A motion in which each face's channels have those values."""
    tables = [FaceMotion(channels=tuple(f), values=np.array(list(f.values()), np.float32).T) for f in faces]
    return Motion(fps=fps, faces=tuple(tables))


def moment(**values: float) -> Motion:
    """Rest, then one row with those values."""
    return motion_of({name: [0.0, value] for name, value in values.items()})


def condition(motion: Motion, analysis: Analysis | None = None, photo: Photo | None = None) -> Guide:
    guide = GuideConditioner().condition(photo or fake_photo(), analysis or fake_analysis(), motion).guide
    assert guide is not None
    return guide


def changed(guide: Guide, row: int) -> npt.NDArray[np.bool_]:
    """Which pixels of a draft are not those of the first."""
    return np.asarray((guide.draw(row) != guide.draw(0)).any(axis=2))


def small_faces(*places: float) -> Analysis:
    """Faces of half the drawn size side by side, at those shares of the width."""
    whole = fake_analysis()
    face = whole.faces[0]
    middle = face.landmarks.mean(axis=0)

    def at(share: float) -> Face:
        points = (face.landmarks - middle) / 2 + np.array([share * 192, 90, 0], np.float32)
        return replace(face, landmarks=points)

    return replace(whole, faces=tuple(map(at, places)))


poses = st.fixed_dictionaries({
    "headYaw": st.floats(-8, 8), "headPitch": st.floats(-5, 5), "headRoll": st.floats(-5, 5),
    "breath": st.floats(-1, 1), "mouthSmileLeft": st.floats(0, 1), "browInnerUp": st.floats(0, 1),
    "eyeBlinkLeft": st.floats(0, 1), "gazeYaw": st.floats(-8, 8),
})  # fmt: skip


class TestGuide:
    @settings(max_examples=20)
    @given(poses)
    def test_outside_the_person_a_draft_is_the_photo(self, pose: dict[str, float]) -> None:
        guide = condition(moment(**pose))
        assert not changed(guide, 1)[guide.regions["person"] < 1].any()

    @settings(max_examples=20)
    @given(poses, st.integers(1, 3))
    def test_regions_are_nested_and_in_range(self, pose: dict[str, float], count: int) -> None:
        motion = moment(**pose)
        analysis = small_faces(0.2, 0.5, 0.8) if count == 3 else small_faces(*[0.3, 0.7][:count])
        regions = condition(replace(motion, faces=motion.faces * count), analysis).regions
        assert all(mask.dtype == np.float32 and mask.shape == (240, 192) for mask in regions.values())
        assert all(mask.min() >= 0 and mask.max() <= 1 for mask in regions.values())
        assert (np.maximum(regions["eyes"], regions["mouth"]) <= regions["head"]).all()
        assert (regions["head"] <= regions["person"]).all()

    @settings(max_examples=20)
    @given(poses)
    def test_eyes_and_mouth_stay_inside_through_the_film(self, pose: dict[str, float]) -> None:
        photo, analysis = fake_photo(), fake_analysis()
        scene = Scene(photo, analysis, moment(**pose))
        regions = moving_regions(scene)
        forward = np.zeros((scene.grid.rows, scene.grid.columns, 2), np.float32)
        scene.fields[0].move(forward, pose)
        moved = scene.grid.spread(forward, photo.height, photo.width)
        lids = [point for upper, lower, _ in EYES.values() for point in (*upper, *lower)]
        for name, indices in (("eyes", lids), ("mouth", list(MOUTH))):
            x, y = np.round(analysis.faces[0].landmarks[indices, :2]).astype(int).T
            x, y = np.round(np.stack([x, y]) + moved[y, x].T).astype(int)
            assert (regions[name][y, x] == 1).all()

    @pytest.mark.parametrize(
        "pose",
        [{"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, {"eyeBlinkLeft": 0.4}, {"gazeYaw": 12.0}, {"gazePitch": 10.0}],
        ids=str,
    )
    def test_what_lids_and_gaze_change_is_in_the_eyes(self, pose: dict[str, float]) -> None:
        guide = condition(moment(**pose))
        assert changed(guide, 1).any()
        assert not changed(guide, 1)[guide.regions["eyes"] < 1].any()

    def test_each_region_is_where_its_name_says(self) -> None:
        guide = condition(moment(headYaw=2.0))
        regions, points = guide.regions, fake_analysis().faces[0].landmarks[:, :2].astype(int)
        for name, inside in (("eyes", (468, 473, 105, 334)), ("mouth", (13, 61, 291, 152)), ("head", (4, 10, 152))):
            assert all(regions[name][points[p][1], points[p][0]] == 1 for p in inside)
        assert regions["eyes"][points[13][1], points[13][0]] == 0
        assert regions["mouth"][points[468][1], points[468][0]] == 0
        shoulders = (235, 96)
        assert regions["person"][shoulders] == 1
        assert regions["head"][shoulders] < 0.01
        assert regions["person"][4, 4] == 0
        areas = [float(regions[name].mean()) for name in ("eyes", "head", "person")]
        assert areas == sorted(areas)
        assert all(((mask > 0) & (mask < 1)).any() for mask in regions.values())

    def test_more_motion_needs_more_room(self) -> None:
        still, lively = (condition(moment(headYaw=yaw)).regions for yaw in (0.5, 10.0))
        assert all((still[name] <= lively[name]).all() for name in still)
        assert all(still[name].sum() < lively[name].sum() for name in still)

    def test_the_largest_displacement_counts_whenever_it_comes(self) -> None:
        early = motion_of({"headYaw": [0, 8, 0, 0], "headRoll": [0, 0, 0, -4]})
        late = motion_of({"headYaw": [0, 0, 0, -8], "headRoll": [0, 4, 0, 0]})
        one, two = condition(early).regions, condition(late).regions
        assert all(np.allclose(one[name], two[name], atol=0.05) for name in one)

    def test_everybodys_parts_are_united(self) -> None:
        analysis = small_faces(0.3, 0.7)
        motion = moment(headYaw=2.0)
        regions = condition(replace(motion, faces=motion.faces * 2), analysis).regions
        for face in analysis.faces:
            x, y = face.landmarks[:, :2].astype(int).T
            assert (regions["eyes"][y[[468, 473]], x[[468, 473]]] == 1).all()
            assert (regions["mouth"][y[[13, 152]], x[[13, 152]]] == 1).all()

    @pytest.mark.parametrize("value", [0.0, 1.0])
    def test_a_face_is_in_head_and_person_whatever_the_matte(self, value: float) -> None:
        analysis = fake_analysis()
        guide = condition(moment(headYaw=2.0), replace(analysis, matte=np.full_like(analysis.matte, value)))
        x, y = analysis.faces[0].landmarks[[468, 473, 13], :2].astype(int).T
        assert (guide.regions["head"][y, x] == 1).all()
        assert (guide.regions["person"][y, x] == 1).all()

    def test_a_face_may_reach_out_of_the_picture(self) -> None:
        analysis = small_faces(-0.02, 0.3)
        motion = moment(headYaw=2.0)
        regions = condition(replace(motion, faces=motion.faces * 2), analysis).regions
        assert regions["eyes"].max() == 1
        assert regions["eyes"][:, 0].max() == 1
        assert not regions["eyes"][:, 96:].any()

    @pytest.mark.parametrize("gray", [False, True])
    def test_drafts_are_the_frames_of_the_renderer(self, gray: bool) -> None:
        photo, analysis = fake_photo(gray=gray), fake_analysis()
        motion = NaturalPrior().plan(analysis, NATURAL, 3)
        guide = condition(motion, analysis, photo)
        assert guide.frames == NATURAL.frames
        assert np.array_equal(guide.draw(0), photo.pixels)
        frames = WarpBackend().render(Conditioning(photo=photo, analysis=analysis, motion=motion), NATURAL, 0)
        assert all(np.array_equal(guide.draw(frame.index), frame.pixels) for frame in frames)


def blinking(count: int, *, gap: int = 4) -> list[float]:
    return [0.0, *([0.3, 1.0, 0.7] + [0.0] * gap) * count]


class TestPrompt:
    @pytest.mark.parametrize("extra", ["", "  She has just heard good news. "])
    def test_the_guide_says_it_too(self, extra: str) -> None:
        """A model that is held to a draft may follow a text as well."""
        motion = moment(headYaw=9, mouthSmileLeft=0.5)
        said = [
            kind(extra).condition(fake_photo(gray=True), fake_analysis(), motion).prompt
            for kind in (PromptConditioner, GuideConditioner)
        ]
        assert said[0] == said[1] == f"{describe(motion, gray=True)} {extra.strip()}".strip()

    @pytest.mark.parametrize(
        ("faces", "said"),
        [
            ([{"breath": [0, 0, 0]}], "The person holds still."),
            ([{"breath": [0, 0.5, 1]}], "The person breathes calmly."),
            ([{"headYaw": [0, 3, 0, -3, 0, -3]}],
             "The person turns the head slightly to the left once and to the right twice."),
            ([{"headYaw": [0, 9]}], "The person turns the head to the left once."),
            ([{"headYaw": [0, -20]}], "The person turns the head far to the right once."),
            ([{"headPitch": [0, 3, 0, 3, 0]}], "The person nods twice."),
            ([{"headPitch": [0] + [3] * 20 + [0]}], "The person holds still."),
            ([{"gazeYaw": [0, 5, 0, -6, 0], "gazePitch": [0, 1, 0, 1, 0]}],
             "The person glances to the left once and to the right once."),
            ([{"gazePitch": [0, -5, 0, 6, 0, 5, 0]}], "The person glances up once and down twice."),
            ([{"headYaw": [0, 4, 0], "gazeYaw": [0, -4, 0]}],
             "The person turns the head slightly to the left once."),
            ([{"mouthSmileLeft": [0, 0.2], "mouthSmileRight": [0, 0.3]}], "The person smiles faintly."),
            ([{"mouthSmileLeft": [0, 0.5], "mouthSmileRight": [0, 0.5]}], "The person smiles."),
            ([{"mouthSmileLeft": [0, 1.0], "mouthSmileRight": [0, 1.0]}], "The person smiles broadly."),
            ([{"eyeBlinkLeft": [0, 1, 0], "eyeBlinkRight": [0, 0, 0]}], "The person holds still."),
        ],
    )  # fmt: skip
    def test_it_says_what_moves(self, faces: list[dict[str, list[float]]], said: str) -> None:
        assert describe(motion_of(*faces)) == f"{said} {STAYS}"

    @pytest.mark.parametrize(
        ("counts", "said"),
        [
            ([1], "The person blinks once."),
            ([2], "The person blinks twice."),
            ([12], "The person blinks twelve times."),
            ([13], "The person blinks 13 times."),
            ([2, 2], "The two people blink twice each."),
            ([1, 2], "The two people blink once or twice each."),
            ([4, 2, 3], "The three people blink two to four times each."),
            ([0, 2], "The two people blink at most twice."),
            ([0, 0], "The two people hold still."),
        ],
    )
    def test_it_counts_everybody(self, counts: list[int], said: str) -> None:
        rows = 1 + 7 * max(1, *counts, 0)
        lids = [(blinking(count) + [0.0] * rows)[:rows] for count in counts]
        motion = motion_of(*[{"eyeBlinkLeft": lid, "eyeBlinkRight": lid} for lid in lids])
        assert describe(motion).startswith(said)

    def test_a_whole_plan(self) -> None:
        motion = NaturalPrior().plan(fake_analysis(), Timing(seconds=8, fps=25), 1)
        assert describe(motion) == (
            "The person blinks twice, glances to the right once, turns the head slightly to the left once, smiles "
            "faintly and breathes calmly. Static camera, the face and the background stay the same."
        )

    def test_a_camera_that_moves_is_not_called_static(self) -> None:
        still = moment(breath=0.0)
        for zoom, said in ((0.1, "The camera moves gently"), (0.0, "Static camera")):
            camera = CameraMotion(values=np.array([[0, 0, 0], [0, 0, zoom]], np.float32))
            words = describe(replace(still, camera=camera))
            assert words == f"The person holds still. {said}, the face and the background stay the same."

    def test_gray_is_said_and_words_are_added(self) -> None:
        still = moment(breath=0.0)
        photo, analysis = fake_photo(gray=True), fake_analysis()
        said = PromptConditioner(" Soft light. ").condition(photo, analysis, still).prompt
        stays = "Static camera, the face and the background stay the same, black-and-white picture."
        assert said == f"The person holds still. {stays} Soft light."
        assert PromptConditioner().condition(photo, analysis, still).prompt == f"The person holds still. {stays}"

    @settings(max_examples=40)
    @given(st.integers(0, 2**31), st.sampled_from([12.0, 25.0, 30.0]), st.sampled_from([0.0, 10.0, 30.0]))
    def test_it_counts_the_blinks_of_a_plan(self, seed: int, fps: float, rate: float) -> None:
        timing = Timing(seconds=6, fps=fps)
        motion = NaturalPrior(Manner(blinks_per_minute=rate)).plan(fake_analysis(), timing, seed)
        # The frame in which a planned blink is shut is exactly 1.
        shut = np.flatnonzero(motion.faces[0].column("eyeBlinkLeft") == 1)
        blinks = int((np.diff(shut, prepend=-9) > 1).sum())
        words = ("never", "once", "twice", "three times", "four times", "five times", "six times", "seven times")
        said = describe(motion)
        assert f"blinks {words[blinks]}" in said if blinks else "blink" not in said
