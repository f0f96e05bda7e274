"""One class of tests for each stage. Subclass it, set ``implementation``, and pytest runs the whole contract."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import numpy as np
import pytest

from photomotion.data import ARKIT, Analysis, Conditioning, Frame, Motion, Restoration, Timing
from photomotion.stages import (
    Backend,
    Conditioner,
    Encoder,
    Executor,
    FaceAnalyzer,
    Job,
    MotionPrior,
    PostProcessor,
    Restorer,
)

from .base import Contract, digest, is_gray, psnr
from .fakes import fake_analysis, fake_conditioning, fake_frames, fake_motion, fake_photo

__all__ = [
    "BackendContract",
    "ConditionerContract",
    "EncoderContract",
    "ExecutorContract",
    "FaceAnalyzerContract",
    "MotionPriorContract",
    "PostProcessorContract",
    "RestorerContract",
]

SHORT = Timing(seconds=0.5, fps=10)


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


class BackendContract(Contract):
    """A backend yields every frame in order, the photo first, keeps gray gray, and repeats itself for a seed."""

    protocol = Backend
    first_frame_psnr: ClassVar[float] = 31.0
    """How close the first frame must be to the photo, dB."""
    timing: ClassVar[Timing] = SHORT
    """The length of the films that are tried."""

    def conditioning(self, timing: Timing, gray: bool) -> Conditioning:
        """What it is given; override it for a backend that needs more than the image."""
        return fake_conditioning(timing, gray=gray)

    @pytest.mark.parametrize("gray", [False, True])
    def test_it_renders(self, stage: Backend, gray: bool) -> None:
        """Frames numbered and timed from 0, of the photo's size, starting with the photo, moving afterwards."""
        conditioning = self.conditioning(self.timing, gray)
        before = digest(conditioning.photo)
        frames = list(stage.render(conditioning, self.timing, 0))
        assert all(isinstance(frame, Frame) for frame in frames)
        assert [frame.index for frame in frames] == list(range(self.timing.frames))
        assert [frame.time for frame in frames] == pytest.approx([i / self.timing.fps for i in range(len(frames))])
        assert {frame.pixels.shape for frame in frames} == {conditioning.photo.pixels.shape}
        assert psnr(frames[0].pixels, conditioning.photo.pixels) >= self.first_frame_psnr
        assert any(not np.array_equal(frame.pixels, frames[0].pixels) for frame in frames[1:])
        assert not gray or all(is_gray(frame.pixels) for frame in frames)
        assert digest(conditioning.photo) == before

    def test_it_repeats_itself(self, stage: Backend) -> None:
        """The same seed gives the same frames."""
        conditioning = self.conditioning(self.timing, False)
        films = [[f.pixels.tobytes() for f in stage.render(conditioning, self.timing, 3)] for _ in range(2)]
        assert films[0] == films[1]

    def test_it_can_be_left_early(self, stage: Backend) -> None:
        """Whoever wants one frame only gets it, and may ask again."""
        conditioning = self.conditioning(self.timing, False)
        for _ in range(2):
            frames = stage.render(conditioning, self.timing, 0)
            assert isinstance(frames, Iterator)
            assert next(frames).index == 0
            close = getattr(frames, "close", None)
            if close is not None:
                close()

    def test_it_renders_a_single_frame(self, stage: Backend) -> None:
        """A film of one frame is the photo."""
        timing = Timing(seconds=1 / self.timing.fps, fps=self.timing.fps)
        (frame,) = stage.render(self.conditioning(timing, False), timing, 0)
        assert frame.index == 0


class PostProcessorContract(Contract):
    """A post-processor yields numbered frames of one size, takes no frame or one, and changes none in place."""

    protocol = PostProcessor

    @pytest.mark.parametrize("count", [1, 5])
    def test_it_processes(self, stage: PostProcessor, count: int) -> None:
        """Frames numbered from 0, all of one size; those given are left as they were."""
        frames = fake_frames(Timing(seconds=count / 10, fps=10))
        before = [frame.pixels.tobytes() for frame in frames]
        processed = list(stage.process(iter(frames), fake_photo(), fake_analysis()))
        assert all(isinstance(frame, Frame) for frame in processed)
        assert [frame.index for frame in processed] == list(range(len(processed)))
        assert len({frame.pixels.shape for frame in processed}) == 1
        assert [frame.pixels.tobytes() for frame in frames] == before

    def test_no_frames_give_no_frames(self, stage: PostProcessor) -> None:
        """Nothing in, nothing out, no error."""
        assert list(stage.process(iter([]), fake_photo(), fake_analysis())) == []

    def test_gray_stays_gray(self, stage: PostProcessor) -> None:
        """R = G = B in every frame of a gray photo."""
        photo = fake_photo(gray=True)
        frames = [Frame(index=i, time=i / 10, pixels=photo.pixels) for i in range(3)]
        assert all(is_gray(f.pixels) for f in stage.process(iter(frames), photo, fake_analysis()))

    def test_it_is_deterministic(self, stage: PostProcessor) -> None:
        """The same frames give the same frames."""
        films = [
            [f.pixels.tobytes() for f in stage.process(iter(fake_frames(SHORT)), fake_photo(), fake_analysis())]
            for _ in range(2)
        ]
        assert films[0] == films[1]


class EncoderContract(Contract):
    """An encoder writes every frame where it is told to and nothing anywhere else."""

    protocol = Encoder

    def count_frames(self, path: Path) -> int:
        """How many frames were written: files in a folder, pictures in a film. Override it for other formats."""
        if path.is_dir():
            return len(list(path.iterdir()))
        import av

        with av.open(str(path)) as film:
            return sum(1 for _ in film.decode(video=0))

    def test_its_suffix_is_an_ending(self, stage: Encoder) -> None:
        """``".mp4"``, or nothing for a folder."""
        assert stage.suffix == "" or (stage.suffix.startswith(".") and stage.suffix == stage.suffix.lower())

    @pytest.mark.parametrize("size", [(192, 240), (191, 239)])
    @pytest.mark.parametrize("count", [1, 5])
    def test_it_encodes(self, stage: Encoder, tmp_path: Path, size: tuple[int, int], count: int) -> None:
        """All frames, odd sizes and single frames too; the destination is all that is written."""
        timing = Timing(seconds=count / 10, fps=10)
        destination = tmp_path / f"film{stage.suffix}"
        stage.encode(iter(fake_frames(timing, *size)), destination, timing)
        assert list(tmp_path.iterdir()) == [destination]
        assert self.count_frames(destination) == count

    def test_a_fault_in_the_frames_comes_through(self, stage: Encoder, tmp_path: Path) -> None:
        """What the frames raise is raised again, and nothing hangs."""

        def broken() -> Generator[Frame, None, None]:
            yield fake_frames(SHORT)[0]
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), closing(broken()) as frames:
            stage.encode(frames, tmp_path / f"film{stage.suffix}", SHORT)


class ExecutorContract(Contract):
    """An executor reports in the order of the jobs, closes every worker it opened, and hides no fault."""

    protocol = Executor

    def test_it_keeps_the_order(self, stage: Executor, tmp_path: Path) -> None:
        """The reports come in the order of the jobs; afterwards no worker is open."""
        jobs = [Job(photo=Path(f"{i}.png"), destination=Path(f"{i}.mp4"), seed=i) for i in range(5)]
        assert list(stage.run(partial(EchoWorker, tmp_path), jobs)) == [0, 1, 2, 3, 4]
        assert list(tmp_path.iterdir()) == []

    def test_no_jobs_give_no_reports(self, stage: Executor, tmp_path: Path) -> None:
        """Nothing to do is no error."""
        assert list(stage.run(partial(EchoWorker, tmp_path), [])) == []
        assert list(tmp_path.iterdir()) == []

    def test_a_fault_in_a_job_comes_through(self, stage: Executor, tmp_path: Path) -> None:
        """What a worker raises is raised here, and the worker is closed."""
        jobs = [Job(photo=Path("x.png"), destination=Path("x.mp4"), seed=-1)]
        with pytest.raises(Exception, match="seed -1"):
            list(stage.run(partial(EchoWorker, tmp_path), jobs))
        assert list(tmp_path.iterdir()) == []


class EchoWorker:
    """A worker that returns each job's seed, refuses negative ones, and shows by a file that it is open."""

    def __init__(self, folder: Path) -> None:
        self._sign = folder / f"open-{id(self)}"

    def __enter__(self) -> EchoWorker:
        self._sign.touch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sign.unlink()

    def __call__(self, job: Job) -> int:
        """Return the job's seed."""
        if job.seed < 0:
            raise ValueError(f"seed {job.seed} is negative")
        return job.seed
