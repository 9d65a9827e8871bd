"""The smooth map that bends the city's lattice, so that no road is quite straight."""

from dataclasses import dataclass

import numpy as np

from gridplan.sample.kinds import Floats

ORIGIN_M = (512_000.0, 3_384_000.0)
# Wave length (m) and largest slope: together they bound stretch and shear to about a fifth.
_WAVES = ((5200.0, 0.15), (2900.0, 0.11), (1700.0, 0.09), (1100.0, 0.04))


@dataclass(frozen=True)
class Frames:
    """Local axes of the warp at some points.

    Parameters
    ----------
    along, across
        Unit vectors (n, 2): the direction of the lattice's rows, and the one at right angles.
    skew
        Vectors (n, 2) that one metre across the rows of the lattice becomes.
    stretch_u, stretch_v
        Metres on the ground per metre of the lattice, along and across its rows.
    """

    along: Floats
    across: Floats
    skew: Floats
    stretch_u: Floats
    stretch_v: Floats


@dataclass(frozen=True)
class Warp:
    """Lattice metres (u, v) to ground metres (x, y): a rotation after a sum of long sine waves.

    Parameters
    ----------
    angle
        Rotation, radians.
    amplitude, wave, phase
        Displacement vectors (m), wave vectors (1/m) and phases, one row a wave.
    """

    angle: float
    amplitude: Floats
    wave: Floats
    phase: Floats

    @classmethod
    def seeded(cls, seed: int) -> "Warp":
        """Draw a gentle warp from the seed."""
        rng = np.random.default_rng([seed, 1])
        length = np.repeat([w for w, _ in _WAVES], 2)
        slope = np.repeat([s for _, s in _WAVES], 2)
        # One wave bends the rows, one the columns: displacement across the direction it travels in.
        turn = np.tile([0.0, np.pi / 2], len(_WAVES)) + rng.normal(0.0, 0.3, len(length))
        wave = np.column_stack([np.cos(turn), np.sin(turn)]) * (2 * np.pi / length)[:, None]
        push = np.column_stack([-np.sin(turn), np.cos(turn)])
        amplitude = push * (slope * length / (2 * np.pi))[:, None]
        phase = rng.uniform(0.0, 2 * np.pi, len(length))
        return cls(float(rng.uniform(0.10, 0.22)), amplitude, wave, phase)

    def __call__(self, u: Floats, v: Floats) -> Floats:
        """Ground coordinates (..., 2) of lattice coordinates, rounded to the millimetre."""
        x, y = self._bend(u, v)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        ground = np.stack([x * cos - y * sin + ORIGIN_M[0], x * sin + y * cos + ORIGIN_M[1]], -1)
        return np.asarray(np.round(ground, 3), float)

    def inverse(self, xy: Floats) -> tuple[Floats, Floats]:
        """Lattice coordinates of ground coordinates (n, 2), to well below a metre."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x, y = xy[:, 0] - ORIGIN_M[0], xy[:, 1] - ORIGIN_M[1]
        x, y = x * cos + y * sin, y * cos - x * sin
        u, v = x.copy(), y.copy()
        for _ in range(40):
            bent_x, bent_y = self._bend(u, v)
            u, v = u + x - bent_x, v + y - bent_y
        return u, v

    def frames(self, u: Floats, v: Floats) -> Frames:
        """Local axes and stretch at lattice coordinates (n,)."""
        rows, columns = self._slopes(u, v)
        stretch_u = np.hypot(rows[:, 0], rows[:, 1])
        along = rows / stretch_u[:, None]
        across = np.column_stack([-along[:, 1], along[:, 0]])
        stretch_v = np.abs((columns * across).sum(axis=1))
        return Frames(along, across, columns, stretch_u, stretch_v)

    def _bend(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        x, y = np.array(u, float), np.array(v, float)
        for (ax, ay), (ku, kv), phase in zip(self.amplitude, self.wave, self.phase, strict=True):
            swing = np.sin(ku * u + kv * v + phase)
            x += ax * swing
            y += ay * swing
        return x, y

    def _slopes(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Images (n, 2) of one lattice metre along and across the rows."""
        rows = np.tile([1.0, 0.0], (len(u), 1))
        columns = np.tile([0.0, 1.0], (len(u), 1))
        for push, (ku, kv), phase in zip(self.amplitude, self.wave, self.phase, strict=True):
            swing = np.cos(ku * u + kv * v + phase)[:, None]
            rows += swing * ku * push
            columns += swing * kv * push
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        return rows @ turn, columns @ turn
