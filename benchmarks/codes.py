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


def main(folder: Path) -> None:
    """Analyze every photo and print where codes and tags part."""
    analyzer = FaceMeshAnalyzer()
    compared = sorted(set(TAGS.values()))
    agreed = both = total = 0
    parted: list[str] = []
    with (folder / "MANIFEST.csv").open(encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if not row["file"].endswith(".mp4")]
    for row in rows:
        tagged = {TAGS[tag] for tag in row["tags"].split() if tag in TAGS}
        suitability = analyzer.analyze(read_photo(folder / row["file"])).suitability
        values = {finding.code: finding.value for finding in suitability.findings}
        for code in compared:
            total += 1
            agreed += (code in tagged) == (code in values)
            both += code in tagged and code in values
        extra = sorted(set(values) & set(compared) - tagged)
        parted += [f"{row['file']}: tagged {code}, not found" for code in sorted(tagged - set(values))]
        parted += [f"{row['file']}: {code} found ({values[code]:.2f}), not tagged" for code in extra]
    print("\n".join(parted))
    print(f"{len(rows)} photos, {len(compared)} codes: {agreed}/{total} pairs agree, {agreed / total:.1%}")
    either = both + len(parted)
    print(f"of {either} pairs that tag or analyzer says yes to, {both} agree, {both / either:.0%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
