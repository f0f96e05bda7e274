"""What the tests of the prior ``natural`` share: people to plan for, and how to measure a plan."""

import math
from itertools import pairwise

import numpy as np

from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.builtin.priors.natural.blinks import LONGEST, REFRACTORY, SPREAD, location
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.builtin.priors.natural.person import Person, meet
from photomotion.builtin.priors.natural.span import Span
from photomotion.data import Analysis, Face, Finding, Suitability, Timing

RATES = (12, 24000 / 1001, 24, 25, 30, 50, 60)
HEAD = ("headYaw", "headPitch", "headRoll")
CALM = MOODS["calm"]
LIMITS = (6.0, 4.5, 3.5)


def people(*faces, codes=()):
    """An analysis of faces given as keyword dictionaries; ``codes`` are findings of the first."""
    shared = {"box": (0, 0, 9, 9), "landmarks": np.outer(np.arange(478), (0.4, 0, 0)).astype(np.float32)}
    made = tuple(Face(**(shared | f)) for f in faces or ({},))
    findings = tuple(Finding(code=c, value=1.0, message=c, face=0) for c in codes)
    return Analysis(faces=made, matte=np.zeros((4, 4), np.float32), suitability=Suitability(findings=findings))


def plan(seconds=10.0, fps=25.0, seed=0, *, loop=False, face=None, codes=(), **manner):
    """The motion of one face."""
    timing = Timing(seconds=seconds, fps=fps, loop=loop)
    return NaturalPrior(Manner(**manner)).plan(people(face or {}, codes=codes), timing, seed).faces[0]


def body(seed=0) -> tuple[np.random.Generator, Person]:
    """Someone, and chance for the rest."""
    rng = np.random.default_rng(seed)
    return rng, meet(rng)


def span(seconds, **kind):
    """A film of some length."""
    return Span(seconds=seconds, **kind)


def kolmogorov(values, cdf):
    """Largest distance between the values' distribution and ``cdf``, times the root of their number."""
    x = np.sort(values)
    f = np.array([cdf(v) for v in x])
    n = len(x)
    return math.sqrt(n) * max((np.arange(1, n + 1) / n - f).max(), (f - np.arange(n) / n).max())


def stated_intervals(rate):
    """CDF of the truncated log-normal intervals, written down apart from the code."""
    mu = location(rate)

    def raw(x):
        return 0.5 * math.erfc(-(math.log(x) - mu) / SPREAD / math.sqrt(2))

    least, most = raw(REFRACTORY), raw(LONGEST * 60 / rate)
    return lambda x: min(max(0.0, (raw(x) - least) / (most - least)), 1.0)


def spectral_slope(x, hz, low=0.2, high=4.0):
    """Slope of the power spectrum on log-log axes: Welch, 20 s Hann, 12 bands."""
    n = int(20 * hz)
    window = np.hanning(n)
    parts = [x[i : i + n] for i in range(0, len(x) - n + 1, n // 2)]
    power = np.mean([np.abs(np.fft.rfft((p - p.mean()) * window)) ** 2 for p in parts], axis=0)
    f = np.fft.rfftfreq(n, 1 / hz)
    edges = np.geomspace(low, high, 13)
    bands = [(f >= a) & (f < b) for a, b in pairwise(edges)]
    points = [(np.log(f[b]).mean(), np.log(power[b].mean())) for b in bands if b.any()]
    x, y = np.array(points).T
    return np.polyfit(x, y, 1)[0]


def log_dimensionless_jerk(x, hz):
    """LDLJ of one movement: -ln(T^3 / v_peak^2 * the integral of the squared jerk); -5.32 for minimum jerk."""
    speed = np.gradient(x, 1 / hz)
    jerk = np.gradient(np.gradient(speed, 1 / hz), 1 / hz)
    seconds = (len(x) - 1) / hz
    return -math.log(seconds**3 / np.abs(speed).max() ** 2 * (jerk**2).sum() / hz)


def shut_frames(face):
    """The frames in which both lids are down, one a blink."""
    shut = np.flatnonzero(face.column("eyeBlinkLeft") == 1)
    return shut[np.diff(shut, prepend=-9) > 1]
