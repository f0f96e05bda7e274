"""A face in a film is followed: what a film was drawn from is read back from it, and odd files are told apart."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.cli import cli
from photomotion.data import FaceMotion, Motion, Photo
from photomotion.errors import MotionError
from photomotion.plugin import Event
from photomotion.tracking import track
from photomotion.tracking.film import Film
from photomotion.tracking.filters import bridge, fill_nearest, gaps, median, settle, smooth
from photomotion.tracking.skin import BROWS, MOUTH, explain
from photomotion.warp import Scene

ROOT = Path(__file__).parents[1]
FPS = 25
FRAMES = 160
BLINKS = (20, 47, 80, 104, 137)
HEAD = ("headYaw", "headPitch", "headRoll")

Pictures = list[np.ndarray]


def planned() -> FaceMotion:
    """Everything at once, no two things in step."""
    t = np.arange(FRAMES) / FPS

    def wave(frequency: float, phase: float = 0.0) -> np.ndarray:
        return np.sin(2 * np.pi * (frequency * t + phase))

    lids = np.zeros(FRAMES)
    for at in BLINKS:
        lids[at - 1 : at + 4] = 0.6, 1, 1, 0.5, 0.2
    smile = 0.7 * np.clip(wave(0.31, 0.1), 0, 1) ** 1.5
    brows = 0.7 * np.clip(wave(0.23, 0.45), 0, 1) ** 1.5
    channels = {
        "headYaw": 5 * wave(0.37), "headPitch": 3.5 * wave(0.53, 0.2), "headRoll": 3 * wave(0.29, 0.4),
        "gazeYaw": 6 * np.sign(wave(0.39)), "eyeBlinkLeft": lids, "eyeBlinkRight": lids,
        "mouthSmileLeft": smile, "mouthSmileRight": smile,
        "browInnerUp": brows, "browOuterUpLeft": brows, "browOuterUpRight": brows,
    }  # fmt: skip
    return FaceMotion(channels=tuple(channels), values=np.stack(list(channels.values()), axis=1).astype(np.float32))


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """The planned motion, drawn with the astronaut."""
    with Image.open(ROOT / "examples" / "photos" / "astronaut.png") as image:
        photo = Photo(pixels=np.asarray(image.convert("RGB").crop((66, 0, 386, 320))))
    scene = Scene(photo, FaceMeshAnalyzer(max_faces=1).analyze(photo), Motion(fps=FPS, faces=(planned(),)))
    return [scene.draw(row) for row in range(FRAMES)]


def encode(
    path: Path,
    pictures: Iterable[np.ndarray],
    times: Sequence[int] | None = None,
    flags: str = "",
) -> Path:
    """Write H.264; ``times`` are in 25ths of a second, ``flags`` those of the container."""
    with av.open(str(path), "w", options={"movflags": flags} if flags else {}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "18", "preset": "ultrafast"})
        stream.codec_context.time_base = Fraction(1, FPS)
        for index, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            if not index:
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
            frame.pts, frame.time_base = index if times is None else times[index], Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("film") / "film.mp4", pictures)


@pytest.fixture(scope="module")
def read(film: Path) -> FaceMotion:
    motion = track(film)
    assert (motion.fps, motion.frames, len(motion.faces)) == (FPS, FRAMES, 1)
    return motion.faces[0]


def raised(face: FaceMotion) -> np.ndarray:
    return np.asarray(sum(face.column(c) for c in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")) / 3)


def smiling(face: FaceMotion) -> np.ndarray:
    return np.asarray((face.column("mouthSmileLeft") + face.column("mouthSmileRight")) / 2)


def column(name: str) -> Callable[[FaceMotion], np.ndarray]:
    return lambda face: face.column(name)


@pytest.mark.parametrize("of", [
    *(pytest.param(column(c), id=c) for c in (*HEAD, "gazeYaw", "eyeBlinkLeft", "eyeBlinkRight")),
    pytest.param(smiling, id="smile"), pytest.param(raised, id="brows"),
])  # fmt: skip
def test_what_was_drawn_is_read_in_its_own_units(read: FaceMotion, of: Callable[[FaceMotion], np.ndarray]) -> None:
    drawn, seen = of(planned()), of(read)
    assert np.corrcoef(drawn, seen)[0, 1] >= 0.9
    assert 0.8 <= np.polyfit(drawn, seen, 1)[0] <= 1.2


def test_every_blink_is_there_at_its_frame_and_no_other(read: FaceMotion) -> None:
    shut = (read.column("eyeBlinkLeft") + read.column("eyeBlinkRight")) / 2
    found = [(a + b - 1) / 2 for a, b in gaps(shut < 0.5)]
    assert len(found) == len(BLINKS)
    assert np.abs(np.array(found) - np.array(BLINKS) - 0.5).max() <= 1


def test_nothing_lags(read: FaceMotion) -> None:
    for name, most in (("headYaw", 12), ("gazeYaw", 6), ("eyeBlinkLeft", 3)):
        drawn, seen = planned().column(name)[15:-15], read.column(name)
        fits = [np.corrcoef(drawn, seen[15 + lag : FRAMES - 15 + lag])[0, 1] for lag in range(-most, most + 1)]
        assert abs(int(np.argmax(fits)) - most) <= (1 if name == "gazeYaw" else 0), name


def test_head_angles_are_those_of_the_analyzer(read: FaceMotion, pictures: Pictures) -> None:
    pose = FaceMeshAnalyzer(max_faces=1).analyze(Photo(pixels=pictures[0])).faces[0].pose
    means = [read.column(c).mean() - planned().column(c).mean() for c in HEAD]
    assert np.abs(np.array(means) - (pose.yaw, pose.pitch, pose.roll)).max() < 5


def test_dropped_frames_are_filled_in(pictures: Pictures, tmp_path: Path, read: FaceMotion) -> None:
    kept = [i for i in range(60) if i % 7 not in (3, 4)]
    motion = track(encode(tmp_path / "varying.mkv", [pictures[i] for i in kept], kept))
    assert (motion.fps, motion.frames) == (FPS, kept[-1] + 1)
    yaw = motion.faces[0].column("headYaw")
    assert np.corrcoef(yaw, read.column("headYaw")[: len(yaw)])[0, 1] > 0.99


def test_films_are_set_upright_as_they_say(pictures: Pictures, tmp_path: Path) -> None:
    path = encode(tmp_path / "portrait.mp4", [np.rot90(p[:, :256]) for p in pictures[:2]])
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 44
    assert struct.unpack(">9i", data[header : header + 36])[0] == 65536
    data[header : header + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    (_, first), _ = Film(path)
    assert first.shape == (320, 256, 3)
    assert np.abs(first.astype(int) - pictures[0][:, :256]).mean() < 6


def test_a_part_is_that_part(film: Path, pictures: Pictures) -> None:
    times, frames = zip(*Film(film, start=2.0, seconds=0.4), strict=True)
    assert times == pytest.approx(np.arange(10) / FPS)
    assert np.abs(frames[0].astype(int) - pictures[50]).mean() < np.abs(frames[0].astype(int) - pictures[60]).mean()


def test_a_fast_film_is_thinned(pictures: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "fast.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=120)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for pixels in pictures[:40]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    assert [time for time, _ in Film(path)] == pytest.approx(np.arange(20) / 60)


def test_frames_are_let_go_at_once(film: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in Film(film)) == FRAMES
        assert gc.collect() < FRAMES
    finally:
        gc.enable()


def test_where_nobody_is_seen_it_is_bridged_or_held_and_said(pictures: Pictures, tmp_path: Path) -> None:
    wall = np.full_like(pictures[0], 120)
    away = {*range(20, 25), *range(50, 90)}
    shown = [wall if i in away else picture for i, picture in enumerate(pictures[:110])]
    events: list[Event] = []
    motion = track(encode(tmp_path / "away.mp4", shown), progress=events.append)
    notices = [e.message for e in events if e.notice]
    assert len(notices) == 1 and "no face in" in notices[0]
    assert "0.8-1.0 s (bridged)" in notices[0] and "(held still)" in notices[0]
    assert motion.frames == 110
    yaw = motion.faces[0].column("headYaw")
    assert np.abs(np.diff(yaw[55:80])).max() < 0.01
    assert np.abs(np.diff(yaw)).max() < 2
    assert not motion.faces[0].column("eyeBlinkLeft")[50:88].any()
    done = [e.done for e in events if not e.notice]
    assert done == list(range(1, 111))


def test_the_wanted_face_is_followed(pictures: Pictures, tmp_path: Path) -> None:
    still = pictures[0][::2, ::2]
    small = np.vstack([still, np.full_like(still, 120)])
    path = encode(tmp_path / "two.mp4", (np.hstack([small, picture]) for picture in pictures[:30]))
    first, second = (track(path, face=face).faces[0].column("headYaw") for face in (1, 2))
    assert np.ptp(first) > 5 and np.ptp(second) < 1.5
    with pytest.raises(MotionError, match=r"only 2 of the faces in two\.mp4 can be told apart, not 3"):
        track(path, face=3)


def test_in_a_mirror_left_is_right(film: Path) -> None:
    plain, mirrored = (track(film, seconds=1, mirror=mirror).faces[0] for mirror in (False, True))
    assert np.array_equal(mirrored.column("headYaw"), -plain.column("headYaw"))
    assert np.array_equal(mirrored.column("headPitch"), plain.column("headPitch"))
    assert np.array_equal(mirrored.column("mouthSmileRight"), plain.column("mouthSmileLeft"))


def test_a_film_without_anybody_is_refused(tmp_path: Path) -> None:
    path = encode(tmp_path / "wall.mp4", [np.full((128, 128, 3), 120, np.uint8)] * 8)
    with pytest.raises(MotionError, match=r"no face was found in wall\.mp4"):
        track(path)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(MotionError, match=r"song\.wav has no pictures, only audio"):
        track(path)


def test_a_still_picture_is_let_go_without_a_crash() -> None:
    photo = ROOT / "examples" / "photos" / "astronaut.png"
    code = (
        f"import gc; from photomotion.tracking.film import Film; print(len(list(Film({str(photo)!r})))); gc.collect()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_what_is_no_film_is_refused(tmp_path: Path, film: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "letter.mp4").write_text("Dear grandma, " * 100)
    # The index is at the end: without it nothing can be read.
    (tmp_path / "cut.mp4").write_bytes(film.read_bytes()[:40000])
    for name in ("empty.mp4", "letter.mp4", "cut.mp4"):
        with pytest.raises(MotionError, match=rf"{name} is not a film that can be read"):
            track(tmp_path / name)
    with pytest.raises(MotionError, match="does not exist"):
        track(tmp_path / "missing.mp4")
    with pytest.raises(MotionError, match="is a folder"):
        track(tmp_path)
    with pytest.raises(MotionError, match=r"lasts 6\.4 s: there is nothing to follow at 7"):
        track(film, start=7)


def test_of_half_a_film_the_beginning_is_followed_and_that_is_said(pictures: Pictures, tmp_path: Path) -> None:
    path = encode(tmp_path / "half.mp4", pictures[:100], flags="+faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    events: list[Event] = []
    motion = track(path, progress=events.append)
    assert 20 < motion.frames < 70
    assert ["damaged or incomplete" in e.message for e in events if e.notice] == [True]


def test_two_hours_are_refused_but_a_part_of_them_is_not(pictures: Pictures, tmp_path: Path) -> None:
    path = encode(tmp_path / "long.mp4", pictures[:13], [*range(12), 7200 * FPS])
    with pytest.raises(MotionError, match=r"7200 s of long\.mp4 are too long .* at most 600 s with --start and --sec"):
        track(path)
    assert track(path, seconds=0.4).frames == 10


def test_on_the_command_line(film: Path, tmp_path: Path) -> None:
    output, beside = tmp_path / "m.json", tmp_path / "beside.mp4"
    arguments = ["motion", "track", str(film), "-o", str(output), "--seconds", "0.6", "--start", "1"]
    result = CliRunner().invoke(cli, [*arguments, "--preview", str(beside)])
    assert result.exit_code == 0, result.output
    assert "15 frames at 25 fps" in result.stdout
    assert Motion.load(output).frames == 15
    with av.open(str(beside)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 15 and frames[0].shape == (448, 448 + 360, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"m.json", "beside.mp4"}
    refused = CliRunner().invoke(cli, ["motion", "track", str(tmp_path / "no.mp4"), "-o", str(output)])
    assert refused.exit_code == 2 and "does not exist" in refused.stderr


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.integers(7, 40))
def test_smoothing_leaves_parabolas_alone_to_the_ends(powers: list[float], count: int) -> None:
    values = np.asarray(np.polyval(powers, np.arange(count) / 10), np.float64)
    assert np.allclose(smooth(values, 7), values, atol=1e-8)
    assert np.allclose(smooth(np.stack([values, -values], axis=1), 7)[:, 1], -values, atol=1e-8)


@given(st.integers(3, 20), st.integers(3, 20), st.floats(-30, 30))
def test_steps_stay_steps(before: int, after: int, height: float) -> None:
    step = np.r_[np.zeros(before), np.full(after, height)]
    assert np.array_equal(median(step, 5), step)
    assert (
        np.abs(settle(np.r_[np.zeros(9), np.full(9, 20.0)], 3, 2.0) - np.r_[np.zeros(9), np.full(9, 20.0)]).max() < 1e-3
    )


@given(st.lists(st.booleans(), min_size=1, max_size=60).filter(any), st.integers(0, 12))
def test_bridges_touch_only_what_was_not_seen(seen: list[bool], short: int) -> None:
    flags = np.array(seen)
    values = np.cumsum(np.ones((len(seen), 2)), axis=0)
    holes = np.where(flags[:, None], values, np.nan)
    filled = bridge(holes, flags, short, min(short, 3))
    assert np.array_equal(filled[flags], values[flags]) and np.isfinite(filled).all()
    assert filled.min() >= values[flags].min() and filled.max() <= values[flags].max()
    assert set(fill_nearest(holes[:, 0], flags)) <= set(values[flags, 0])


@pytest.mark.parametrize("columns", [MOUTH, BROWS], ids=["mouth", "brows"])
def test_what_one_channel_does_is_explained_by_it(columns: dict[str, tuple[float, ...]]) -> None:
    for name, marks in columns.items():
        found = explain(0.6 * np.array([marks]), columns, 0.0008)
        assert found[name][0] == pytest.approx(0.6, abs=0.15), name
        assert sum(values[0] for values in found.values()) < 0.85, name
    assert not any(values[0] for values in explain(np.full((1, len(marks)), 0.0004), columns, 0.0008).values())
