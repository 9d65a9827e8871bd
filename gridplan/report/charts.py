"""Charts as inline SVG: they need no script, print sharp, and carry their meaning as text too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from gridplan.report.facts import CommunityRow, Dot, Facts
from gridplan.report.markup import Html, el
from gridplan.report.outline import Outline, Ring

WIDTH = 720.0
NAME = 168.0  # room for names on the left of the dots
ROW = 21.0
BINS = 10  # of the range; as wide again outside of it
NEAR = 8.0  # dots nearer than this are set apart


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram; the first and last may be open-ended."""

    label: str
    count: int
    inside: bool


def bins(facts: Facts) -> list[Bin]:
    """Count residential grids by households: ten classes of the range, and those beside it."""
    step = (facts.high - facts.low) / BINS
    counts: dict[int, int] = {}
    for dot in facts.dots:
        counts[_bin(dot.households, facts, step)] = (
            counts.get(_bin(dot.households, facts, step), 0) + 1
        )
    first = min([0, *counts])
    last = max([BINS - 1, *counts])
    return [
        Bin(_bin_label(number, facts, step), counts.get(number, 0), 0 <= number < BINS)
        for number in range(first, last + 1)
    ]


def _bin(households: int, facts: Facts, step: float) -> int:
    """Number the class; the upper end of the range belongs to the range."""
    if households == facts.high:
        return BINS - 1
    number = int((households - facts.low) // step)
    if households > facts.high:
        number = max(number, BINS)
    return min(max(number, -3), BINS + 2)


def _bin_label(number: int, facts: Facts, step: float) -> str:
    start, end = facts.low + number * step, facts.low + (number + 1) * step
    if number <= -3:
        return f"< {ceil(end)}"
    if number >= BINS + 2:
        return f"≥ {ceil(start)}"
    return f"{ceil(start)}–{ceil(end) - 1}"


def histogram(facts: Facts, w: Mapping[str, str]) -> Html:
    """Bars of grids by households against the range."""
    bars = bins(facts)
    height, base, left = 176.0, 156.0, 18.0
    width = 360.0
    step = (width - 2 * left) / len(bars)
    top = max([1, *(bar.count for bar in bars)])
    first = next(i for i, bar in enumerate(bars) if bar.inside)
    x0, x1 = left + first * step, left + (first + BINS) * step
    parts: list[Html] = [
        el("rect", x=x0, y=14, width=x1 - x0, height=base - 14, class_="band"),
        _label(w["range_band"].format(low=facts.low, high=facts.high), (x0 + x1) / 2, 10, "range"),
    ]
    for number, bar in enumerate(bars):
        tall = (base - 34) * bar.count / top
        x = left + number * step
        if bar.count:
            tip = el("title", f"{bar.label}: {bar.count}")
            parts.append(
                el(
                    "rect",
                    tip,
                    x=x + 1.5,
                    y=base - tall,
                    width=step - 3,
                    height=tall,
                    class_="bar" if bar.inside else "bar out",
                )
            )
            kind = "count" if bar.inside else "count out"
            parts.append(_label(str(bar.count), x + step / 2, base - tall - 4, kind))
    parts.append(el("line", x1=left, y1=base, x2=width - left, y2=base, class_="axis"))
    for number in sorted({0, len(bars) - 1}):
        if not bars[number].inside:
            x = left + (number + 0.5) * step
            parts.append(_label(bars[number].label, x, base + 14, "tick out"))
    ticks = (facts.low, facts.low + (facts.high - facts.low) / 2, facts.high)
    for tick in ticks:
        x = x0 + (x1 - x0) * (tick - facts.low) / (facts.high - facts.low)
        parts.append(el("line", x1=x, y1=base, x2=x, y2=base + 4, class_="axis"))
        parts.append(_label(f"{tick:g}", x, base + 14, "tick"))
    alt = w["histogram_alt"].format(
        inside=facts.inside, low=facts.low, high=facts.high, out=facts.residential - facts.inside
    )
    return _svg(width, height, alt, parts)


def dot_rows(
    rows: Sequence[CommunityRow], facts: Facts, w: Mapping[str, str], names: Sequence[str]
) -> Html:
    """One row a community: a dot for each residential grid on the axis of households."""
    low, high = facts.low, facts.high
    left, right, head = NAME, WIDTH - 46, 24.0
    height = head + ROW * len(rows) + 8
    place = dot_axis(facts, left, right)
    x0, x1, middle = place(low), place(high), place(facts.target)
    parts = [
        el("rect", x=x0, y=head - 4, width=x1 - x0, height=height - head, class_="band"),
        el("line", x1=middle, y1=head - 4, x2=middle, y2=height - 4, class_="target"),
        *(_label(f"{tick:g}", place(tick), head - 9, "tick") for tick in (low, facts.target, high)),
    ]
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = head + ROW * (number + 0.5)
        parts.append(el("line", x1=left, y1=y, x2=right, y2=y, class_="rule"))
        parts.append(_label(_short(name), left - 10, y + 3.5, "name"))
        parts.extend(_dots(row.dots, y, place))
    return _svg(WIDTH, height, w["per_grid_alt"], parts)


def dot_axis(facts: Facts, left: float, right: float) -> Callable[[float], float]:
    """Place of a number of households between two ends; what lies far out stands at the end."""
    spread = 0.6 * (facts.high - facts.low)
    least, most = max(0.0, facts.low - spread), facts.high + spread

    def place(households: float) -> float:
        share = (min(max(households, least), most) - least) / (most - least)
        return left + (right - left) * share

    return place


def dot_places(
    dots: Sequence[Dot], axis: Callable[[float], float], near: float
) -> list[tuple[Dot, float, float]]:
    """Place dots on an axis: each with its position, and a lift (-1 to 1) where two are near."""
    found: list[tuple[Dot, float, float]] = []
    last, lift = -1e9, 0.0
    for dot in sorted(dots, key=lambda d: (d.households, d.grid_code)):
        x = axis(dot.households)
        close = x - last < near
        lift = (1.0 if lift <= 0 else -1.0) if close else 0.0
        found.append((dot, x, lift))
        last = x
    return found


def _dots(dots: Sequence[Dot], y: float, axis: Callable[[float], float]) -> list[Html]:
    parts: list[Html] = []
    for dot, x, lift in dot_places(dots, axis, NEAR):
        cy = y - 3 * lift
        tip = el("title", f"{dot.grid_code}: {dot.households}")
        if not dot.out:
            parts.append(el("circle", tip, cx=x, cy=cy, r=3.6, class_="dot"))
            continue
        corners = ((x, cy - 5), (x + 5, cy), (x, cy + 5), (x - 5, cy))
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        parts.append(el("polygon", tip, points=points, class_="dot out"))
        parts.append(_label(str(dot.households), x + 9, cy + 3.5, "mark"))
    return parts


def overview(outline: Outline, w: Mapping[str, str]) -> Html:
    """Draw grids, tinted by community, those out of range hatched; borders of communities."""
    line = el("path", d="M0 0V5", stroke="#B3261E", stroke_width=1.6)
    pattern = el(
        "pattern", line,
        id="hatch", width=5, height=5, patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )  # fmt: skip
    parts = [el("defs", pattern)]
    parts += [el("path", d=_path(rings), fill=fill) for fill, rings in outline.communities]
    parts.append(el("path", d=_path(outline.grids), class_="grid"))
    parts += [
        el("path", el("title", code), d=_path(rings), class_="gridout")
        for code, rings in outline.out
    ]
    borders = "".join(_path(rings) for _, rings in outline.communities)
    parts.append(el("path", d=borders, class_="community"))
    return el(
        "svg",
        el("title", w["overview_alt"]),
        parts,
        viewBox=f"-2 -2 {outline.width + 4:.0f} {outline.height + 4:.0f}",
        role="img",
        aria_label=w["overview_alt"],
        class_="overview",
    )


def _path(rings: Sequence[Ring]) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring.tolist()) + "Z" for ring in rings)


def share_bar(share: float | None) -> Html:
    """A bar of a share (0..1), to stand beside the number."""
    width = 0.0 if share is None else 100 * share
    bar = el("rect", x=0, y=0, width=width, height=8, class_="share")
    ground = el("rect", x=0, y=0, width=100, height=8, class_="ground")
    return el(
        "svg", ground, bar,
        viewBox="0 0 100 8", preserveAspectRatio="none", class_="sharebar", aria_hidden="true",
    )  # fmt: skip


def _short(name: str, room: float = 25.0) -> str:
    """Cut a name to the room beside a row; Chinese characters are twice as wide."""
    kept, used = "", 0.0
    for character in name:
        used += 1.0 if ord(character) < 0x2E80 else 1.9
        if used > room:
            return kept.rstrip() + "…"
        kept += character
    return kept


def _label(text: str, x: float, y: float, kind: str) -> Html:
    return el("text", text, x=x, y=y, class_=kind)


def _svg(width: float, height: float, alt: str, parts: Sequence[Html]) -> Html:
    return el(
        "svg",
        el("title", alt),
        list(parts),
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=alt,
        class_="chart",
    )
