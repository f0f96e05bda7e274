"""The contracts of the stages that work on a photo: restorer, analyzer, motion prior, conditioner."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from photomotion.data import ARKIT, Analysis, Conditioning, Motion, Restoration, Timing
from photomotion.stages import Conditioner, FaceAnalyzer, MotionPrior, Restorer

from .base import SHORT, Contract, digest, is_gray
from .fakes import fake_analysis, fake_motion, fake_photo

__all__ = ["ConditionerContract", "FaceAnalyzerContract", "MotionPriorContract", "RestorerContract"]


class RestorerContract(Contract):
    """A restorer returns a Restoration, keeps gray gray, and leaves the photo it was given alone."""

    protocol = Restorer

    @pytest.mark.parametrize("gray", [False, True])
    def test_it_restores(self, stage: Restorer, gray: bool) -> None:
        """The result is a Restoration; gray stays gray; the photo keeps its name."""
        photo = fake_photo(gray=gray)
        before = digest(photo)
        restoration = stage.restore(photo)
        assert isinstance(restoration, Restoration)
        assert restoration.photo.gray == gray
        assert not gray or is_gray(restoration.photo.pixels)
        assert restoration.photo.name == photo.name
        assert digest(photo) == before

    def test_its_map_is_in_range(self, stage: Restorer) -> None:
        """0 untouched ... 1 invented; no map only if no pixel changed."""
        photo = fake_photo()
        restoration = stage.restore(photo)
        if restoration.changed is None:
            assert digest(restoration.photo) == digest(photo)
        else:
            assert restoration.changed.min() >= 0 and restoration.changed.max() <= 1

    def test_it_is_deterministic(self, stage: Restorer) -> None:
        """The same photo gives the same pixels."""
        assert digest(stage.restore(fake_photo()).photo) == digest(stage.restore(fake_photo()).photo)


class FaceAnalyzerContract(Contract):
    """An analyzer finds the drawn face, measures at the photo's own size, and takes an empty picture calmly."""

    protocol = FaceAnalyzer
    sees_drawings: ClassVar[bool] = True
    """Set it to False for an analyzer that only finds real people."""

    @pytest.mark.parametrize("size", [(192, 240), (241, 191)])
    def test_it_analyzes(self, stage: FaceAnalyzer, size: tuple[int, int]) -> None:
        """The matte has the photo's shape and lies in 0..1; faces are finite, inside the picture, largest first."""
        photo = fake_photo(*size)
        before = digest(photo)
        analysis = stage.analyze(photo)
        assert isinstance(analysis, Analysis)
        assert analysis.matte.shape == (photo.height, photo.width)
        assert analysis.matte.min() >= 0 and analysis.matte.max() <= 1
        assert all(np.isfinite(face.landmarks).all() for face in analysis.faces)
        areas = [(f.box[2] - f.box[0]) * (f.box[3] - f.box[1]) for f in analysis.faces]
        assert areas == sorted(areas, reverse=True)
        assert digest(photo) == before

    def test_it_finds_the_drawn_face(self, stage: FaceAnalyzer) -> None:
        """Eyes and mouth lie within a tenth of the eye distance of where they were drawn."""
        if not self.sees_drawings:
            pytest.skip("it only finds real people")
        drawn = fake_analysis(384, 480).faces[0]
        (found,) = stage.analyze(fake_photo(384, 480)).faces
        points = [33, 133, 263, 362, 61, 291]
        error = np.linalg.norm(found.landmarks[points, :2] - drawn.landmarks[points, :2], axis=1)
        assert error.mean() < drawn.eye_distance / 10

    def test_nobody_is_no_error(self, stage: FaceAnalyzer) -> None:
        """A picture of nothing has no faces."""
        photo = fake_photo()
        assert stage.analyze(photo.with_pixels(np.full_like(photo.pixels, 128))).faces == ()

    def test_it_is_deterministic(self, stage: FaceAnalyzer) -> None:
        """The same photo gives the same numbers."""
        one, two = stage.analyze(fake_photo()), stage.analyze(fake_photo())
        assert np.array_equal(one.matte, two.matte)
        assert len(one.faces) == len(two.faces)
        assert all(np.array_equal(a.landmarks, b.landmarks) for a, b in zip(one.faces, two.faces, strict=True))


class MotionPriorContract(Contract):
    """A prior plans every frame for every face, starts at rest, stays in range, and repeats itself for a seed."""

    protocol = MotionPrior

    @pytest.mark.parametrize("timing", [Timing(seconds=3, fps=25), Timing(seconds=0.1, fps=10)])
    @pytest.mark.parametrize("faces", [1, 2])
    def test_it_plans(self, stage: MotionPrior, timing: Timing, faces: int) -> None:
        """As many tables as faces, as many rows as frames, the first of them 0."""
        analysis = fake_analysis()
        motion = stage.plan(replace(analysis, faces=analysis.faces * faces), timing, 0)
        assert isinstance(motion, Motion)
        assert motion.fps == timing.fps
        assert (len(motion.faces), motion.frames) == (faces, timing.frames)
        assert all((face.values[0] == 0).all() for face in motion.faces)

    def test_it_stays_in_range(self, stage: MotionPrior) -> None:
        """ARKit's channels 0..1, breath -1..1."""
        (face,) = stage.plan(fake_analysis(), Timing(seconds=20, fps=10), 1).faces
        low = {name: float(face.column(name).min()) for name in face.channels}
        high = {name: float(face.column(name).max()) for name in face.channels}
        assert [n for n in face.channels if n in ARKIT and not (low[n] >= 0 and high[n] <= 1)] == []
        assert np.abs(face.column("breath")).max() <= 1

    def test_it_repeats_itself(self, stage: MotionPrior) -> None:
        """The same seed gives the same motion."""
        timing = Timing(seconds=3, fps=25)
        one, two = (stage.plan(fake_analysis(), timing, 7) for _ in range(2))
        assert one.to_dict() == two.to_dict()


class ConditionerContract(Contract):
    """A conditioner hands on photo, analysis and motion, and adds what its ``gives`` promises."""

    protocol = Conditioner

    @pytest.mark.parametrize("gray", [False, True])
    def test_it_conditions(self, stage: Conditioner, gray: bool) -> None:
        """A Conditioning with the motion that was planned, the photo untouched, and every promised part filled."""
        photo, analysis, motion = fake_photo(gray=gray), fake_analysis(), fake_motion(SHORT)
        before = digest(photo)
        conditioning = stage.condition(photo, analysis, motion)
        assert isinstance(conditioning, Conditioning)
        assert digest(photo) == before
        assert conditioning.motion.frames == motion.frames
        assert len(conditioning.analysis.faces) == len(conditioning.motion.faces) == len(motion.faces)
        own = {"image": conditioning.photo, "prompt": conditioning.prompt, "guide": conditioning.guide}
        filled = {name for name, part in {**conditioning.extras, **own}.items() if part is not None}
        assert self.implementation.gives - filled == set()

    def test_a_prompt_is_plain_text(self, stage: Conditioner) -> None:
        """If there is one: one line that says something, and the same for the same motion."""
        one, two = (stage.condition(fake_photo(), fake_analysis(), fake_motion(SHORT)).prompt for _ in range(2))
        if one is None:
            pytest.skip("it gives no prompt")
        assert one == two
        assert one.strip() == one != ""
        assert one.isprintable()

    def test_a_guide_is_a_draft_of_the_film(self, stage: Conditioner) -> None:
        """If there is one: the photo first, a picture of its size for each row, the same each time it is drawn."""
        conditioning = stage.condition(fake_photo(), fake_analysis(), fake_motion(SHORT))
        guide, photo = conditioning.guide, conditioning.photo
        if guide is None:
            pytest.skip("it gives no guide")
        assert guide.frames == SHORT.frames
        assert guide.draw(0).tobytes() == digest(photo)
        drafts = [guide.draw(row) for row in range(guide.frames)]
        assert {(draft.dtype, draft.shape) for draft in drafts} == {(photo.pixels.dtype, photo.pixels.shape)}
        assert all(np.array_equal(guide.draw(row), drafts[row]) for row in reversed(range(guide.frames)))

    def test_regions_of_a_guide_lie_in_each_other(self, stage: Conditioner) -> None:
        """If there is one: masks of the photo's size in 0..1, eyes and mouth in the head, the head in the person."""
        conditioning = stage.condition(fake_photo(), fake_analysis(), fake_motion(SHORT))
        if conditioning.guide is None:
            pytest.skip("it gives no guide")
        regions = conditioning.guide.regions
        assert set(regions) >= {"eyes", "mouth", "head", "person"}
        assert {mask.shape for mask in regions.values()} == {conditioning.photo.pixels.shape[:2]}
        assert all(mask.min() >= 0 and mask.max() <= 1 for mask in regions.values())
        assert all((regions[part] <= regions["head"]).all() for part in ("eyes", "mouth"))
        assert (regions["head"] <= regions["person"]).all()
