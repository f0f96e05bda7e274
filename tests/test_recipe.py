"""A recipe survives being written and read, and says what is wrong with one that cannot be."""

from __future__ import annotations

import tempfile
from inspect import signature
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from photomotion import Animator, Recipe
from photomotion.errors import RecipeError, UsageError
from photomotion.registry import Registry

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    NAMES | NUMBERS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
RECIPES = st.builds(
    Recipe,
    backend=NAMES,
    conditioner=st.none() | NAMES,
    postprocessors=st.lists(NAMES, max_size=3).map(tuple),
    options=st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3),
    seconds=st.floats(0.01, 1e4),
    fps=st.floats(0.01, 1000),
    size=st.none() | st.integers(16, 10000),
    seed=st.integers(0, 2**60),
)


@pytest.mark.parametrize("ending", [".json", ".toml", ".TOML"])
@settings(max_examples=60, deadline=None)
@given(recipe=RECIPES)
def test_a_recipe_survives_writing_and_reading(ending: str, recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"recipe{ending}")
        recipe.save(path)
        assert Recipe.load(path) == recipe


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.json", "{", "cannot read the recipe"),
        ("r.toml", "backend = ", "cannot read the recipe"),
        ("r.json", "[]", "valid dictionary"),
        ("r.json", '{"bakend": "warp"}', "field 'bakend' is unknown; did you mean 'backend'?"),
        ("r.json", '{"seconds": 0, "seed": -1}', "field 'seconds': 0 given, must be more than 0"),
        ("r.json", '{"seconds": 0, "seed": -1}', "field 'seed': -1 given, must be at least 0"),
        ("r.toml", "[options]\nbackend = 3", "field 'options.backend': 3 given"),
        ("r.toml", "seconds = nan", "field 'seconds': nan given"),
        ("r.toml", "[options.backend]\nwhen = 1979-05-27", "options.backend.when"),
        ("r.yaml", "", "a recipe is a .json or a .toml file, not 'r.yaml'"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_why(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        Recipe.load(path)
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nothing\.toml"):
        Recipe.load(tmp_path / "nothing.toml")
    with pytest.raises(RecipeError, match="cannot write"):
        Recipe().save(tmp_path / "no" / "folder.json")


def test_toml_cannot_hold_nothing_in_a_list(tmp_path: Path) -> None:
    recipe = Recipe(options={"backend": {"points": [1, None]}})
    with pytest.raises(RecipeError, match=r"save it as \.json"):
        recipe.save(tmp_path / "r.toml")
    recipe.save(tmp_path / "r.json")
    assert Recipe.load(tmp_path / "r.json") == recipe


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().seed = 3


def test_an_animator_comes_from_its_recipe_and_gives_it_back(registry: Registry) -> None:
    recipe = Recipe(
        motion="still",
        conditioner="image",
        options={"backend": {"workers": 1}, "encoder": {"crf": 30}},
        device="cpu",
        seconds=2,
        fps=30,
        size=256,
        seed=5,
    )
    with Animator.from_recipe(recipe, registry=registry) as animator:
        assert animator.recipe(seconds=2, fps=30, size=256, seed=5) == recipe


def test_every_word_of_a_recipe_is_for_an_animator_or_for_a_film() -> None:
    stages = set(signature(Animator).parameters) - {"progress", "registry"}
    film = set(signature(Animator.animate).parameters) - {"self", "photo"}
    assert set(Recipe().particulars) == film
    assert set(Recipe.model_fields) == stages | film


def test_what_the_backend_prefers_is_written_out(registry: Registry) -> None:
    assert Animator(registry=registry).recipe() == Recipe(conditioner="image")


def test_an_object_cannot_be_written_out(registry: Registry) -> None:
    class Executor:
        def run(self, open_worker: object, jobs: object) -> None: ...

    class Backend:
        def render(self, conditioning: object, timing: object, seed: int) -> None: ...

    with pytest.raises(UsageError, match="backend Backend is an object, which a recipe cannot name"):
        Animator(backend=Backend(), registry=registry).recipe()  # type: ignore[arg-type]
    assert Animator(executor=Executor(), registry=registry).recipe() == Recipe(conditioner="image")  # type: ignore[arg-type]
