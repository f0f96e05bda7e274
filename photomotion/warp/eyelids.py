"""Lids close as an occlusion: skin comes down over the ball, the lashes ride on its edge, the lower lid meets it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .lashes import find_ink, find_lashes, lash_height, lash_line, measure_lashes, softness
from .lidskin import find_bulge, make_skin
from .lidways import PULLED, closing, following, meeting, wing

__all__ = ["Eyelid"]

FOLD, HAIRS = 0.36, 0.03
"""How far above the open edge the fold smooths out as the lid closes, in eye widths; and how far at least below the
mesh's edge of the brow, whose hairs hang over it: where brows are low, there is only so much lid."""
SMOOTH = 0.06
"""From there on, when the eye is shut, a lid is all skin made for it: between the two it comes out of the socket."""
OWN = 0.06
"""Closure up to which a lid is the photo's own, with its own line and shadow."""
SYNTHETIC = (0.045, 0.15)
"""Ways of a lid's edge, in eye widths, between which the lid goes over from the photo's own, pulled down, to skin made
for it: the farther it is pulled, the more its lashes are drawn out over it. Narrow eyes have a short way."""
BEYOND, LEVEL = (-0.28, -0.14), (-0.05, 0.03)
"""So far beyond the outer corner, and so high above it, lashes are hidden as the lid closes: creases go on from it."""
ROOTS = 1.0
"""When the eye is shut, what is dark above the edge gets lower by this and 1: lashes hang down, roots are left."""
HANGING, TIPS = 0.65, 0.2
"""How much shorter than above the edge of an open lid lashes look below that of a closed one, and how far below it, in
eye widths, they have faded. Those people's, which had hung toward the lens, were seen at their whole length then."""
DARKER = 0.6
"""Ink is at most so bright, of the skin it is on."""
EDGED = 0.4
"""How much of its line a lid shows that is the photo's own, pulled down: so the cut between it and the ball is soft."""
TURNED = 0.2
"""How much darker a lid is where it turns toward its edge."""
SHADOW = (0.35, 0.25, 0.05)
"""How much the lid dims what is next to its edge, the ball at first, the cheek in the end; and how far, eye widths."""
STRETCH = 0.65
"""Skin comes from no farther than this part of the way to frames of glasses: it is drawn out below them, not they."""
REACH = 0.14
"""So near to frames, in eye widths, a gaze takes the lids less far."""
UPPER, LOWER = 0.95, 0.4
"""Of the way of the ball's front up and down, how much each lid's edge goes with it (the upper: Becker and Fuchs, 1988;
the lower: judgement)."""


@dataclass(frozen=True, eq=False)
class Eyelid:
    """What is needed to draw one eye's lids at any closure."""

    eye: Eye
    part: tuple[slice, slice]
    """Rows and columns of the eye's box that a lid can cover; h and w below are those of the box but where told."""
    places: Array
    """float32 (h, w, 2) of the part: x and y in it."""
    height: Array
    """float32 (h, w) of the part: t below the open lid's edge."""
    skin: Array
    """float32 (h, w, 3) of the part, 0..255: the picture as if there were only skin."""
    lashes: Array
    """float32 (h, w) of the part: what lashes do to that skin above the open lid's edge, as a factor; 1 elsewhere."""
    ink: Array
    """float32 (h, w, 3) of the part, 0..255: the colour of lashes and of the line of a closed eye, darker than skin."""
    line: tuple[Array, Array, Array]
    """float32 (h, w) of the part, each: how strong that line is, and the inverse of its thickness above and below."""
    travel: Array
    """float32 (h, w): how far the edge goes to close, at every pixel's s, in eye widths."""
    rise: Array
    """float32 (h, w): how far the skin below comes up when the eye is shut, in eye widths."""
    wing: Array
    """float32 (h, w): how far lashes beyond the outer corner come down when the eye is shut, in eye widths."""
    ends: Array
    """float32 (h, w) of the part: 1 between the corners, falling to 0 there."""
    tips: Array
    """float32 (h, w) of the part: 1 where lashes hang down from a closed lid, falling to 0 toward the corners."""
    bulge: Array
    """float32 (h, w) of the part: how much brighter a lid can get where it bulges, round from corner to corner."""
    strip: Array
    """float32 (h, w) of the part: 1 from the top of the lashes downward, where a lid covers anything."""
    fold: Array
    """float32 (h, w) of the part: what of the rest is covered when the eye is shut, where the fold smooths out."""
    free: Array
    """float32 (h, w): 0 where frames of glasses are, 1 elsewhere."""
    room: Array
    """float32 (h, w): how far frames of glasses are away, in eye widths."""
    cover: Array
    """float32 (h, w): 1 where a lid comes down: not beyond the corners nor on frames."""
    following: tuple[Array, Array]
    """float32 (h, w) each: how far the skin goes with the upper and with the lower lid's edge, 0..1."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], eye: Eye, frames: Array) -> Eyelid:
        """Learn an eye's lids from the photo.

        Args:
            pixels: uint8 (H, W, 3).
            eye: where.
            frames: float32 (h, w), the eye's box: 1 where the frames of glasses are.
        """
        photo = eye.crop(pixels).astype(np.float32)
        s, t = eye.s, eye.t
        skin = make_skin(pixels, eye, frames)
        middle = meeting(eye)
        rise, travel = np.asarray(np.maximum(eye.lower - middle, 0), np.float32), closing(eye, middle)
        free = np.asarray(1 - cv2.dilate(frames, np.ones((3, 3), np.uint8)), np.float32)
        room = np.ones_like(free)
        if frames.any():
            room = cv2.distanceTransform((free > 0.95).astype(np.uint8), cv2.DIST_L2, 3) / np.float32(eye.width)
        under = smoothstep(t, middle - rise - 0.06, middle) * (1 - smoothstep(t, eye.lower, eye.lower + 0.4))
        under = rise * under * smoothstep(s, -0.2, 0.05) * (1 - smoothstep(s, 0.9, 1.15)) * free
        cover = smoothstep(s, -0.18, 0.0) * (1 - smoothstep(s, 0.95, 1.1)) * free
        hides = np.maximum(cover, smoothstep(s, *BEYOND) * smoothstep(eye.upper - t, *LEVEL) * (s < 0) * free)
        touched = (hides > 0) & (t > eye.upper - FOLD) & (t < eye.upper + travel + TIPS)
        left, high, w, h = cv2.boundingRect(touched.astype(np.uint8))
        part = slice(high, high + max(h, 1)), slice(left, left + max(w, 1))
        top = eye.upper - lash_height(eye)
        lashes = find_lashes(photo, skin, eye)
        hairs = measure_lashes(lashes, eye)
        s_part, t_part, upper, lashes, skin, top = (a[part] for a in (s, t, eye.upper, lashes, skin, top))
        strip, high = smoothstep(t_part, top - 0.06, top + 0.01), eye.brow[part] + HAIRS
        fold = smoothstep(t_part, np.clip(high, upper - FOLD, upper - 2 * SMOOTH), upper - SMOOTH)
        x, y = np.meshgrid(np.arange(t_part.shape[1], dtype=np.float32), np.arange(t_part.shape[0], dtype=np.float32))
        return cls(
            eye,
            part,
            np.dstack([x, y]),
            t_part - upper,
            np.ascontiguousarray(skin),
            np.ascontiguousarray(lashes),
            np.asarray(np.minimum(find_ink(photo, eye), DARKER * skin), np.float32),
            lash_line(s_part, *hairs, softness(photo, eye)),
            travel,
            np.asarray(cv2.GaussianBlur(under, (0, 0), max(0.02 * eye.width, 0.5)), np.float32),
            wing(eye) * free,
            smoothstep(s_part, -0.14, 0.05) * (1 - smoothstep(s_part, 0.94, 1.08)),
            smoothstep(s_part, -0.14, 0.25) * (1 - smoothstep(s_part, 0.9, 1.06)),
            find_bulge(s_part, skin),
            strip * hides[part],
            (1 - strip) * fold * hides[part],
            free,
            room,
            cover,
            following(eye, np.asarray(np.minimum(room / REACH, 1), np.float32)),
        )

    @cached_property
    def maps(self) -> Array:
        """What the compiled loops read of :meth:`followed` and :meth:`pulled`: float32 (8, h, w)."""
        eye, limit = self.eye, np.float32(STRETCH) * self.room
        return np.stack([*self.following, eye.t - eye.upper, self.travel, self.cover, limit, self.rise, self.wing])

    def moves(self, pitch: float, closure: float) -> tuple[float, ...]:
        """... and the numbers: how far the skin goes with the upper and with the lower lid's edge as the gaze does, in
        eye widths, how far the lids are shut, px right and down across the eye for each eye width, and ``PULLED``."""
        x, y = (float(part) * self.eye.width for part in self.eye.across)
        return (*self._goes(pitch, closure), closure, x, y, PULLED)

    def _goes(self, pitch: float, closure: float) -> tuple[float, float]:
        """How far the edge of the upper lid and that of the lower one go with a gaze, down, in eye widths.

        A lid that is lowered anyway, as the natural prior lowers it to look down, goes only what is missing.
        """
        down = float(self.eye.sight(0.0, pitch) @ self.eye.across) / self.eye.width
        already = closure * float(self.travel.max())
        return UPPER * (down if down < 0 else max(down - already, 0.0)), LOWER * down

    def followed(self, at: Array, pitch: float, closure: float) -> Array:
        """How far the lids have gone with a gaze, px, float32 (h, w, 2); arguments as of :meth:`pulled`."""
        upper, lower = self._goes(pitch, closure)
        return self._across(self.following[0] * np.float32(upper) + self.following[1] * np.float32(lower), at)

    def _across(self, way: Array, at: Array) -> Array:
        """A way across the eye, float32 (h, w) in eye widths, at each point, px, float32 (h, w, 2)."""
        way = cv2.remap(way, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        x, y = (float(part) * self.eye.width for part in self.eye.across)
        return np.asarray(cv2.merge([way * np.float32(x), way * np.float32(y)]), np.float32)

    def pulled(self, at: Array, closure: float) -> Array:
        """How far the closing lids have brought the skin at each point, px, float32 (h, w, 2): down with the upper
        lid, up with the lower one. The ball between them stays.

        Args:
            at: float32 (h, w, 2), px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        eye = self.eye
        fall = np.float32(closure) * self.travel
        above = eye.t - eye.upper
        held = np.clip((above + np.float32(PULLED)) / (fall + np.float32(PULLED)), 0, 1)
        held *= held * (3 - 2 * held)
        down = np.minimum(fall * held * self.cover, np.float32(STRETCH) * self.room)
        way = np.where(above < fall, down, np.float32(-closure) * self.rise) + np.float32(closure) * self.wing
        return self._across(way, at)

    def draw(self, picture: npt.NDArray[np.uint8], at: Array, closure: float) -> None:
        """Draw the lid over a part of the picture, in place.

        Args:
            picture: uint8 (h, w, 3), the part of the moved picture where the eye can be.
            at: float32 (h, w, 2), where each of its pixels comes from, px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        if closure <= OWN:
            return
        (rows, columns), corner = self.part, (self.part[1].start, self.part[0].start)
        there = cv2.inRange(at, (corner[0] - 1, corner[1] - 1, 0, 0), (columns.stop, rows.stop, 0, 0))
        x, y, width, height = cv2.boundingRect(there)
        if not width:
            return
        light, left = self.close(closure)
        layer = cv2.convertScaleAbs(np.dstack([light, 255 * (1 - left)]))
        here = at[y : y + height, x : x + width] - np.array(corner, np.float32)
        layer = cv2.remap(layer, here, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        below = picture[y : y + height, x : x + width]
        through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(layer, 3)), cv2.COLOR_GRAY2RGB)
        below[:] = cv2.add(cv2.multiply(below, through, scale=1 / 255), cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB))

    def close(self, closure: float) -> tuple[Array, Array]:
        """The lid at ``closure``, in its part of the eye's box, as what is laid over the picture.

        Returns:
            Light that the lid adds, float32 (h, w, 3), 0..255, and how much it leaves of the picture, float32 (h, w):
            0 under skin, a little less than 1 in its shadow, 1 elsewhere.
        """
        shut = np.float32(closure)
        fall = shut * self.travel[self.part]
        past = self.height - fall
        lowered = float(np.clip((shut - OWN) / (0.3 - OWN), 0, 1))
        ends = np.float32(lowered) * self.ends
        # Lashes point up from an open lid, down from a closed one.
        read = np.where(past < 0, np.float32(ROOTS) * shut, np.float32(-1 - HANGING)) * past - fall
        read = self.places + (read * np.float32(self.eye.width))[..., None] * self.eye.across
        lashes = cv2.remap(self.lashes, read, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) - 1
        under, over = np.minimum(past, 0), np.maximum(past, 0)
        lashes *= np.maximum(1 - over * np.float32(1 / TIPS), 0)
        begun = float(smoothstep(np.array(closure * self.travel.max(), np.float32), *SYNTHETIC))
        strength, *sharp = self.line
        # Hairs that stand out here and there blur its rim.
        line = np.square(1 / (1 + np.square(past * np.where(past < 0, *sharp))))
        line *= np.float32(lowered * (EDGED + (1 - EDGED) * begun)) * strength
        down = np.clip((self.height + np.float32(0.2)) / (fall + np.float32(0.2)), 0, 1)
        turned = np.float32(TURNED) * ends * np.exp(under * np.float32(1 / 0.06))
        lit = 1 + shut * (self.bulge * down * (1 - down) - turned)
        inked = 1 - (1 + (1 - np.float32(0.4) * shut * shut) * lashes) * (1 - line)
        hanging = 1 - (1 + shut * shut * self.tips * lashes) * (1 - line)
        dim = np.float32(SHADOW[0] + (SHADOW[1] - SHADOW[0]) * shut)
        cast = 1 - dim * ends * np.exp(over * np.float32(-1 / SHADOW[2]))

        soft = np.float32(0.6 / self.eye.width)
        on_lid = 1 - np.clip((past + soft) / (2 * soft + np.float32(0.01)), 0, 1)
        opacity = np.float32(begun) * on_lid * (self.strip + shut * self.fold)
        # Whole where the lid's own rim begins to let through what is behind it: that would shine between the lashes.
        beside = np.clip(past / soft + 2, 0, 1) * self.free[self.part]
        drawn = beside * hanging * (1 - opacity)
        ink = (opacity * inked + drawn)[..., None] * self.ink
        light = (opacity * (1 - inked) * lit)[..., None] * self.skin + ink
        left = (1 - opacity) * (1 + (cast - 1) * beside) - cast * drawn
        return np.asarray(light, np.float32), np.asarray(left, np.float32)
