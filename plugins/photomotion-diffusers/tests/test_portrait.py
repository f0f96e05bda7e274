from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import fake_guide

from photomotion.data import Analysis, Face, Timing
from photomotion.errors import UsageError
from photomotion.testing.base import is_gray, psnr
from photomotion.testing.fakes import fake_analysis, fake_conditioning, fake_face, fake_photo
from photomotion_diffusers.options import SvdOptions
from photomotion_diffusers.portrait import WIDEST, Crop, choose_crop, match_colour, paste
from photomotion_diffusers.reel import Reel


def face_at(x: float, y: float, size: float) -> Face:
    face = fake_face(192, 240)
    points = face.landmarks.copy()
    points[:, :2] = (points[:, :2] - points[:, :2].min(0)) / np.ptp(points[:, 0]) * size + np.array([x, y], np.float32)
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    return Face(box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])), landmarks=points)


def analysis_of(width: int, height: int, *faces: Face) -> Analysis:
    return Analysis(faces=faces, matte=np.ones((height, width), np.float32))


@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    size=st.integers(64, 1024),
    multiple=st.sampled_from([8, 16, 32, 64]),
    place=st.tuples(st.floats(-0.2, 1), st.floats(-0.2, 1), st.floats(0.01, 1)),
)
def test_a_crop_lies_in_the_photo_in_the_models_shape(
    width: int, height: int, size: int, multiple: int, place: tuple[float, float, float]
) -> None:
    pixels = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (height, width, 3))
    photo = replace(fake_photo(8, 8), pixels=pixels)
    face = face_at(place[0] * width, place[1] * height, place[2] * min(width, height))
    matte = np.broadcast_to(np.float32(1), (height, width))
    crop = choose_crop(photo, Analysis(faces=(face,), matte=matte), size=size, multiple=multiple)
    x0, y0, x1, y1 = crop.box
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    assert crop.width % multiple == 0 == crop.height % multiple
    assert crop.width * crop.height <= max(size, multiple) ** 2
    assert 1 / WIDEST <= crop.width / crop.height <= WIDEST
    # Rounding to whole pixels is the only stretching.
    scale = crop.width / crop.height
    assert abs((x1 - x0) - scale * (y1 - y0)) <= 0.5 + 0.5 * scale + 1e-6 or min(x1 - x0, y1 - y0) == 1


def test_the_defaults_use_the_pixels_that_the_model_was_trained_on() -> None:
    photo = fake_photo(1600, 900)
    crop = choose_crop(photo, fake_analysis(1600, 900), size=768, multiple=64)
    assert (crop.width, crop.height) == (1024, 576)
    tall = choose_crop(fake_photo(900, 1600), fake_analysis(900, 1600), size=768, multiple=64)
    assert (tall.width, tall.height) == (576, 1024)


def test_a_small_face_is_cropped_to_and_all_faces_are_in() -> None:
    photo = fake_photo(2400, 1600)
    faces = face_at(500, 400, 120), face_at(900, 500, 110)
    crop = choose_crop(photo, analysis_of(2400, 1600, *faces), size=768, multiple=64)
    assert (crop.box[2] - crop.box[0]) * (crop.box[3] - crop.box[1]) < 0.4 * 2400 * 1600
    for x0, y0, x1, y1 in (face.box for face in faces):
        assert crop.box[0] < x0 and crop.box[1] < y0 and x1 < crop.box[2] and y1 < crop.box[3]
    apart = face_at(100, 100, 110), face_at(2200, 1300, 110)
    whole = choose_crop(photo, analysis_of(2400, 1600, *apart), size=768, multiple=64)
    assert (whole.box[2] - whole.box[0]) * (whole.box[3] - whole.box[1]) > 0.9 * 2400 * 1600


def test_a_border_is_soft_only_inside_the_photo() -> None:
    crop = Crop(box=(0, 20, 60, 100), width=64, height=64)
    border = crop.border(100, 100)
    assert border[40, 0] == 1 and border[-1, 10] == 1
    assert border[0, 10] < 0.1 and border[40, -1] < 0.1 and border[40, 30] == 1


def test_pasting_the_draft_changes_nothing() -> None:
    """What was generated equals the draft: full detail makes the full-size picture again."""
    photo = fake_photo(300, 240)
    crop = Crop(box=(30, 20, 270, 200), width=64, height=48)
    small = crop.take(photo.pixels)
    sharp = paste(small, photo.pixels, crop, draft=small, detail=1.0)
    soft = paste(small, photo.pixels, crop, draft=small, detail=0.0)
    assert np.abs(sharp.astype(int) - photo.pixels).max() <= 1
    assert psnr(soft, photo.pixels) < 40
    outside = np.ones(photo.pixels.shape[:2], bool)
    outside[20:200, 30:270] = False
    assert np.array_equal(soft[outside], photo.pixels[outside])


def test_detail_stays_away_from_what_the_model_changed() -> None:
    photo = fake_photo(128, 128)
    crop = Crop(box=(0, 0, 128, 128), width=32, height=32)
    small = crop.take(photo.pixels)
    changed = small.copy()
    changed[:, :16] ^= 128
    pasted = paste(changed, photo.pixels, crop, draft=small, detail=1.0)
    without = paste(changed, photo.pixels, crop, draft=small, detail=0.0)
    assert np.array_equal(pasted[:, :40], without[:, :40])
    assert np.abs(pasted[:, 90:].astype(int) - photo.pixels[:, 90:]).max() <= 2


def test_colours_are_matched() -> None:
    reference = fake_photo(64, 64).pixels
    tinted = np.clip(reference * np.array([0.9, 0.85, 1.0]) + np.array([20, 0, -15]), 0, 255).astype(np.uint8)
    assert psnr(match_colour(tinted, reference), reference) > psnr(tinted, reference) + 6
    flat = np.full((8, 8, 3), 128, np.uint8)
    assert match_colour(flat, reference[:8, :8]).shape == flat.shape
    later = match_colour(tinted, reference, by=tinted)
    assert np.array_equal(later, match_colour(tinted, reference))


def reel(timing: Timing, *, gray: bool = False, **changes: object) -> Reel:
    conditioning = fake_guide(fake_conditioning(timing, 96, 96, gray=gray))
    crop = Crop(box=(0, 0, 96, 96), width=64, height=64)
    return Reel(conditioning, timing, crop, SvdOptions.model_validate({"model": "tiny", **changes}))


TIMING = Timing(seconds=1.0, fps=9)


def test_the_guide_moves_the_frames_between() -> None:
    """A model that returns the draft gives the draft back at every row, not only at its own."""
    film = reel(TIMING, background="generated", detail=1.0)
    made = [(row, film.small(row)) for row in (0, 4, 8)]
    for frame in film.frames(key for key in made):
        draft = film.guide.draw(frame.index) if film.guide else None
        assert draft is not None and np.abs(frame.pixels.astype(int) - draft).max() <= 1


def test_repeating_holds_the_last_picture_made() -> None:
    film = reel(TIMING, interpolate="repeat", steer=0, background="generated", match_colour=False)
    rng = np.random.default_rng(0)
    pictures = [(row, rng.integers(0, 255, (64, 64, 3), np.uint8)) for row in (0, 4, 8)]
    frames = [frame.pixels for frame in film.frames(key for key in pictures)]
    assert len(frames) == 9
    assert np.array_equal(frames[0], film.photo.pixels)
    assert np.array_equal(frames[4], frames[7]) and not np.array_equal(frames[3], frames[4])
    assert not np.array_equal(frames[7], frames[8])


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_after_the_last_key_a_loop_leads_to_the_photo(steer: float) -> None:
    """Whatever was made for the row that closes it, and however far the last picture was from the photo."""
    timing = Timing(seconds=1.0, fps=9, loop=True)
    film = reel(timing, steer=steer, background="generated", match_colour=False, detail=0.0)
    gray, black = np.full((64, 64, 3), 128, np.uint8), np.zeros((64, 64, 3), np.uint8)
    frames = [frame.pixels for frame in film.frames(key for key in ((0, black), (5, gray), (9, black)))]
    assert len(frames) == 9
    distance = [float(np.abs(frames[row].astype(int) - film.full(row)).mean()) for row in range(5, 9)]
    assert distance == sorted(distance, reverse=True) and distance[-1] < 0.5 * distance[0]
    repeated = [frame.pixels for frame in film.frames(key for key in ((0, black), (5, gray), (9, black), (9, black)))]
    assert all(np.array_equal(one, two) for one, two in zip(frames, repeated, strict=True))


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_the_background_is_kept_and_gray_stays_gray(steer: float) -> None:
    film = reel(TIMING, steer=steer, gray=True)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for frame in film.frames((row, noise) for row in (0, 3, 8)):
        assert is_gray(frame.pixels)
        assert np.array_equal(frame.pixels[0, :3], film.full(frame.index)[0, :3])
    assert not np.array_equal(frame.pixels[40, 48], film.photo.pixels[40, 48])


def test_moving_by_a_guide_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="interpolate='guide'"):
        reel(TIMING, interpolate="guide", steer=0)
