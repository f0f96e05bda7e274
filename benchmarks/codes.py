"""How far reason codes agree with the tags that people gave to photos.

    python benchmarks/codes.py FOLDER

FOLDER has a MANIFEST.csv with columns ``file`` and ``tags`` (words separated by spaces) and the photos it names; films
are passed over. Prints agreement over all pairs of photo and code, over those that tag or analyzer say yes to, and
every disagreement.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.reading import read_photo

TAGS = {
    "threequarter": "three-quarter",
    "profile": "profile",
    "sidelight": "side-light",
    "occluded": "occluded",
    "glasses": "glasses",
    "closedeyes": "eyes-closed",
    "tilted": "tilted",
    "openmouth": "mouth-open",
    "teeth": "teeth",
    "lowlight": "dark",
    "faded": "faded",
    "colourcast": "colour-cast",
    "scratched": "scratches",
    "cut": "cropped-face",
    "group": "several-faces",
    "headscarf": "hat-or-hair",
    "blackframe": "printed-border",
    "printphoto": "printed-border",
    "painting": "art",
    "statue": "art",
    "cartoon3d": "art",
    "negative": "no-face",
    "lowres": "tiny-face",
}
"""What a tag says in the analyzer's words. Codes that no tag stands for are not compared."""

BY_EYE: dict[tuple[str, str], tuple[bool, str]] = {
    ("aflw_threequarter.jpg", "occluded"): (False, "the arm is beside the face, of which all parts are in view"),
    ("aflw_threequarter.jpg", "side-light"): (False, "one cheek has 86 % of the other's light"),
    ("aflw_threequarter.jpg", "three-quarter"): (False, "she looks up; both cheeks are as wide"),
    ("autochrome_beard.png", "faded"): (False, "its shadows are black"),
    ("chaplin.png", "side-light"): (False, "the cheeks differ by a fifth; the background is black"),
    ("closed_eyes.jpg", "tilted"): (False, "a nod, no lean: 4 degrees"),
    ("curie.png", "side-light"): (True, "a window on one side, a third of its light on the other"),
    ("curie.png", "three-quarter"): (True, "one ear and one side of the nose are hidden"),
    ("dark_woman_rotpad.jpg", "three-quarter"): (False, "both ears are in view"),
    ("faded_child_glasses.png", "hat-or-hair"): (True, "a fringe down to the brows"),
    ("faded_child_glasses.png", "teeth"): (True, "they show"),
    ("mona_lisa.jpg", "three-quarter"): (True, "as turned as the child tagged so"),
    ("nightingale.png", "hat-or-hair"): (False, "the scarf leaves the forehead free"),
    ("nightingale.png", "side-light"): (True, "half of the face is in shadow"),
    ("obama_half_face.jpg", "occluded"): (False, "cut by the border, tagged so as well"),
    ("obama_half_face.jpg", "teeth"): (True, "the same smile is tagged in the whole photo"),
    ("print_in_hand_child.jpg", "tilted"): (False, "the print lies askew by 5 degrees"),
    ("profile_right.png", "tiny-face"): (True, "54 px between the eyes, as seen"),
    ("scratch_boy.png", "faded"): (True, "nothing in the print is darker than brown"),
    ("scratch_couple.png", "faded"): (True, "nothing in the print is darker than brown"),
    ("scratch_couple.png", "side-light"): (True, "half of the woman's face is in shadow"),
    ("scratch_couple.png", "three-quarter"): (True, "the man, as turned as the man tagged so"),
    ("scream_woman.jpg", "side-light"): (True, "the sun from one side, with a hard shadow on the wall"),
    ("three_men_dark.jpg", "dark"): (False, "the bar is dark; the faces are lit by a flash"),
    ("three_men_dark.jpg", "teeth"): (True, "all three grin"),
    ("three_men_dark.jpg", "three-quarter"): (True, "the man in the middle"),
}
"""Tags that are wrong or missing to whoever looks at the photo for what the code means, and why."""


def main(folder: Path) -> None:
    """Analyze every photo and print where codes and tags part."""
    analyzer = FaceMeshAnalyzer()
    compared = sorted(set(TAGS.values()))
    with (folder / "MANIFEST.csv").open(encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if not row["file"].endswith(".mp4")]
    said: dict[tuple[str, str], bool] = {}
    found: dict[tuple[str, str], float] = {}
    for row in rows:
        name = Path(row["file"]).name
        tagged = {TAGS[tag] for tag in row["tags"].split() if tag in TAGS}
        said |= {(name, code): code in tagged for code in compared}
        suitability = analyzer.analyze(read_photo(folder / row["file"])).suitability
        found |= {(name, finding.code): finding.value for finding in suitability.findings if finding.code in compared}
    print(f"{len(rows)} photos, {len(compared)} codes")
    _compare("as tagged", said, found)
    for pair, (_, why) in BY_EYE.items():
        print(f"put right: {' '.join(pair)}, {why}")
    _compare("put right by eye", said | {pair: yes for pair, (yes, _) in BY_EYE.items() if pair in said}, found)


def _compare(title: str, said: dict[tuple[str, str], bool], found: dict[tuple[str, str], float]) -> None:
    """Print every disagreement between what is ``said`` of a photo and code, and what was ``found``, and how many."""
    either = [pair for pair, yes in said.items() if yes or pair in found]
    parted = [pair for pair in either if said[pair] != (pair in found)]
    print(f"\n{title}:")
    for pair in parted:
        print(f"{' '.join(pair)}: " + (f"found ({found[pair]:.2f}), not tagged" if pair in found else "not found"))
    print(f"{len(said) - len(parted)} of {len(said)} pairs agree, {1 - len(parted) / len(said):.1%}")
    both = len(either) - len(parted)
    print(f"of {len(either)} pairs that tag or analyzer says yes to, {both} agree, {both / len(either):.0%}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
