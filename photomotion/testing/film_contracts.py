"""The contracts of the stages that work on a film: backend, post-processor, encoder, executor."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import numpy as np
import pytest

from photomotion.data import Conditioning, Frame, Timing
from photomotion.stages import Backend, Encoder, Executor, Job, PostProcessor

from .base import SHORT, Contract, digest, is_gray, psnr
from .fakes import fake_analysis, fake_conditioning, fake_frames, fake_photo

__all__ = ["BackendContract", "EncoderContract", "ExecutorContract", "PostProcessorContract"]


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
