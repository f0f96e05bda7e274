from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tiny_films import no_weights

from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.plugin import Runtime
from photomotion.testing.contracts import ConditionerContract
from photomotion.testing.fakes import fake_analysis, fake_motion, fake_photo
from photomotion.warp import Scene, posed_landmarks
from photomotion_diffusers.contours import DOTS
from photomotion_diffusers.controls import CONTROLS, ControlsConditioner, control_films
from photomotion_diffusers.options import ControlsOptions
from photomotion_diffusers.plugin import CONDITIONERS
from photomotion_diffusers.skeleton import Shoulders

Picture = npt.NDArray[np.uint8]
(OFFER,) = [offer for offer in CONDITIONERS if offer.name == "controls"]
WIDTH, HEIGHT = 384, 480


def scene_of(width: int = WIDTH, height: int = HEIGHT, analysis: Analysis | None = None, **values: float) -> Scene:
    """Rest, then one row with those values."""
    table = np.array([[0.0] * len(values), list(values.values())], np.float32)
    faces = fake_analysis(width, height) if analysis is None else analysis
    motion = Motion(fps=10, faces=(FaceMotion(channels=tuple(values), values=table),) * len(faces.faces))
    return Scene(fake_photo(width, height), faces, motion)


def films(**values: float) -> Mapping[str, Callable[[int], Picture]]:
    return control_films(scene_of(**values))


def where(picture: Picture, colour: tuple[int, int, int]) -> npt.NDArray[np.intp]:
    """Rows and columns of the pixels of just that colour."""
    return np.argwhere((picture == colour).all(axis=2))


def test_all_of_them_at_their_sizes() -> None:
    drawn = films(headYaw=5.0)
    assert tuple(drawn) == CONTROLS
    for name, film in drawn.items():
        size = (512, 512) if name == "face" else (HEIGHT, WIDTH)
        for row in (0, 1):
            picture = film(row)
            assert picture.dtype == np.uint8 and picture.shape == (*size, 3) and picture.any()
        assert not np.array_equal(film(0), film(1))
        assert np.array_equal(film(2), film(0))  # the row after the last, in a loop


def test_nothing_is_drawn_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(Scene, "draw", lambda self, row: drawn.append(row) or self.photo.pixels)
    conditioning = ControlsConditioner().condition(fake_photo(), fake_analysis(), fake_motion_of(headYaw=5.0))
    assert drawn == []
    conditioning.extras["controls"]["landmarks"](1)
    assert drawn == []
    conditioning.extras["controls"]["face"](1)
    assert drawn == [1]


def fake_motion_of(**values: float) -> Motion:
    return scene_of(**values).motion


@pytest.mark.parametrize("yaw", [-8.0, 8.0])
def test_the_skeleton_turns_as_planned(yaw: float) -> None:
    """The nose's red joint goes where the plan sends it, to a pixel; a yaw above 0 is to the picture's left."""
    scene = scene_of(headYaw=yaw)
    pose = control_films(scene)["pose"]
    noses = [where(pose(row), (255, 0, 0)).mean(axis=0)[::-1] for row in (0, 1)]
    planned = [posed_landmarks(scene, row, 0)[1, :2] for row in (0, 1)]
    assert np.sign(noses[1][0] - noses[0][0]) == -np.sign(yaw)
    assert np.allclose(noses[1] - noses[0], planned[1] - planned[0], atol=1.0)
    assert abs(planned[1][0] - planned[0][0]) > 5


@pytest.mark.parametrize(("channel", "shut", "open_"), [
    ("eyeBlinkRight", (180, 200, 10), (10, 200, 180)),
    ("eyeBlinkLeft", (10, 200, 180), (180, 200, 10)),
])  # fmt: skip
def test_the_contour_of_an_eye_closes_as_planned(channel: str, shut: tuple[int, ...], open_: tuple[int, ...]) -> None:
    film = films(**{channel: 1.0})["landmarks"]
    before, after = ({colour: np.ptp(where(film(row), colour)[:, 0]) for colour in (shut, open_)} for row in (0, 1))
    assert after[shut] < 0.75 * before[shut]
    assert after[open_] == before[open_]


def test_depth_follows_the_turn() -> None:
    film = films(headYaw=12.0)["depth"]
    at_rest, turned = (film(row)[..., 0] for row in (0, 1))
    assert at_rest[0, 0] == 0 and at_rest.max() > 230
    nearest = [np.argwhere(d >= d.max() - 2)[:, 1].mean() for d in (at_rest, turned)]
    assert nearest[1] < nearest[0] - 3


def test_the_face_stays_in_the_middle_and_fills_the_picture() -> None:
    """Its first row is the photo's own face; a turned head is still centred."""
    scene = scene_of(headYaw=8.0, headRoll=6.0)
    film = control_films(scene)["face"]
    for row in (0, 1):
        points = posed_landmarks(scene, row, 0)[:468, :2]
        middle, side = (points.min(axis=0) + points.max(axis=0)) / 2, 1.3 * np.ptp(points, axis=0).max()
        picture, frame = film(row), scene.draw(row)
        for point in points[[10, 152, 234, 454, 1]]:
            x, y = np.round((point - middle) / side * 512 + 255.5).astype(int)
            near = frame[round(float(point[1])), round(float(point[0]))].astype(int)
            patch = picture[max(y - 5, 0) : y + 6, max(x - 5, 0) : x + 6].reshape(-1, 3).astype(int)
            assert np.abs(patch - near).sum(axis=1).min() < 30
        assert 0.7 < np.ptp(points, axis=0).max() / side < 0.8


def test_shoulders_breathe_and_hang_below_the_chin() -> None:
    analysis = fake_analysis(WIDTH, HEIGHT)
    matte = analysis.matte.copy()
    matte[:, :20] = matte[:, -20:] = 0
    scene = scene_of(analysis=replace(analysis, matte=matte), breath=1.0)
    known = Shoulders.of(scene, 0)
    rest, breathing = (known.at(scene, row) for row in (0, 1))
    assert set(rest) == {"neck", "right shoulder", "left shoulder"}
    chin = scene.analysis.faces[0].landmarks[152]
    assert rest["right shoulder"][0] < rest["neck"][0] < rest["left shoulder"][0]
    for name in rest:
        assert rest[name][1] > chin[1]
        assert breathing[name][1] < rest[name][1] - 0.3


def test_what_the_photo_does_not_show_is_not_drawn() -> None:
    """A photo that ends below the chin has no shoulders, a head in profile one ear."""
    whole = fake_photo(WIDTH, HEIGHT)
    analysis = fake_analysis(WIDTH, HEIGHT)
    end = int(analysis.faces[0].landmarks[152, 1]) + 12
    motion = scene_of(headYaw=1.0).motion
    low = Scene(Photo(pixels=whole.pixels[:end]), replace(analysis, matte=analysis.matte[:end]), motion)
    assert Shoulders.of(low, 0).joints == {}
    pose = control_films(low)["pose"](0)
    assert not len(where(pose, (255, 85, 0))) and len(where(pose, (255, 0, 0)))
    ears = (255, 0, 170), (255, 0, 85)
    ahead, aside = (films(headYaw=40.0)["pose"](row) for row in (0, 1))
    assert [len(where(ahead, ear)) > 20 for ear in ears] == [True, True]
    assert [len(where(aside, ear)) > 20 for ear in ears] == [False, True]


def test_sixty_eight_dots() -> None:
    assert len(DOTS) == 68 == len(set(DOTS))
    face = fake_analysis(WIDTH, HEIGHT).faces[0].landmarks
    jaw, brows, lips = face[list(DOTS[:17])], face[list(DOTS[17:27])], face[list(DOTS[48:])]
    assert (np.diff(jaw[:, 0]) > 0).all() and (np.diff(brows[:, 0]) > 0).all()
    assert brows[:, 1].max() < lips[:, 1].min() < jaw[8, 1]


@pytest.mark.parametrize(("width", "height"), [(24, 30), (7, 5), (640, 60)])
def test_any_size(width: int, height: int) -> None:
    drawn = control_films(scene_of(width, height, headYaw=8.0))
    assert all(drawn[name](1).shape[:2] == (height, width) for name in CONTROLS if name != "face")
    assert drawn["face"](1).shape == (512, 512, 3)


def test_two_people() -> None:
    analysis = fake_analysis(WIDTH, HEIGHT)
    face = analysis.faces[0]
    middle = face.landmarks.mean(axis=0)
    both = tuple(
        replace(face, landmarks=(face.landmarks - middle) * 0.5 + np.array([x, 200, 0], np.float32)) for x in (100, 280)
    )
    drawn = control_films(scene_of(analysis=replace(analysis, faces=both), headYaw=5.0))
    red = where(drawn["pose"](1), (255, 0, 0))[:, 1]
    assert (red < 190).any() and (red > 190).any()


class TestControls(ConditionerContract):
    implementation = OFFER

    @pytest.fixture
    def stage(self) -> Iterator[Any]:
        stage = OFFER.load(ControlsOptions(extra="She smiles."), Runtime(weights=no_weights))
        yield stage
        self._close(stage)

    def test_it_says_more_if_told(self, stage: Any) -> None:
        from photomotion.data import Timing

        motion = fake_motion(Timing(seconds=1, fps=10))
        assert stage.condition(fake_photo(), fake_analysis(), motion).prompt.endswith("She smiles.")


@pytest.mark.parametrize("control", ["draft", "pose", "depth"])
def test_wan_vace_is_given_the_one_that_is_asked_for(control: str) -> None:
    """As its control film, in the crop that is generated, after the photo."""
    from types import SimpleNamespace

    from PIL import Image

    from photomotion_diffusers.families.base import Film
    from photomotion_diffusers.families.controls import control_films as asked_for
    from photomotion_diffusers.families.options import WanVaceOptions
    from photomotion_diffusers.families.registry import FAMILIES
    from photomotion_diffusers.portrait import choose_crop

    conditioning = ControlsConditioner().condition(
        fake_photo(WIDTH, HEIGHT), fake_analysis(WIDTH, HEIGHT), fake_motion_of(headYaw=8.0)
    )
    family, chosen = FAMILIES["wan-vace"], WanVaceOptions(control=control)
    crop = choose_crop(conditioning.photo, conditioning.analysis, size=128, multiple=16)
    given = asked_for(conditioning, family, chosen, crop)([0, 1, 1, 1, 1])
    photo = Image.fromarray(crop.take(conditioning.photo.pixels))
    film = Film(image=photo, frames=5, steps=1, guidance=1.0, fps=16, prompt="", negative="", controls=given)
    video = family.arguments(SimpleNamespace(), film)["video"]
    assert len(video) == 5 and video[0] is photo
    if control == "draft":
        assert given == {} and np.all(np.asarray(video[1]) == 127)
    else:
        assert np.array_equal(video[1], crop.take(conditioning.extras["controls"][control](1)))
