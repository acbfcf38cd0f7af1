"""Whether a ledger becomes slower as it grows: rounds on a grown ledger and on a new one of 10,000 entries alternate."""

import math
import pathlib
import statistics
import xml.sax.saxutils

SMALL = 10_000
WORKLOADS = {  # name: callers, rows of a post
    "1 caller": (1, 1),
    "256 callers": (256, 1),
    "4 callers of 1,000 rows": (4, 1000),
}
MEMBERS = 10_000
WIDTH, HEIGHT, MARGIN = 720, 360, 60
COLOURS = ("#1b6ca8", "#c8553d", "#3b7a57")


def measure(grown, make_small, sizes: list[int], rounds: int, report):
    """A report a size and workload, and all of them as {workload: [(size, rate against the small ledger's)]}.

    `grown` and what make_small() gives are benches (measure.Bench) whose first shop has the ledger."""
    curves = {name: [] for name in WORKLOADS}
    entries = 0
    for size in sizes:
        grown.grow(size - entries, members=MEMBERS)
        entries = size
        for name, (callers, rows) in WORKLOADS.items():
            pairs = []
            with make_small() as small:
                small.grow(SMALL, members=MEMBERS)
                for _ in range(rounds):
                    of_grown, of_small = (each.lanes(1, callers, rows) for each in (grown, small))
                    entries += of_grown["posted"]
                    pairs.append((of_grown["per_second"], of_small["per_second"]))
            report(
                f"growth: lanes, {name}, {size:,} entries",
                [{"per_second": of_grown} for of_grown, _ in pairs],
                small=statistics.median(of_small for _, of_small in pairs),
            )
            curves[name].append((size, statistics.median(a / b for a, b in pairs)))
    return curves


def plot(curves: dict, path: pathlib.Path):
    """An SVG: entries (logarithmic) to the right, the rate as a share of the small ledger's upwards."""
    sizes = sorted({size for curve in curves.values() for size, _ in curve})
    top = max(1.2, *(ratio for curve in curves.values() for _, ratio in curve))
    low, high = math.log10(sizes[0]), math.log10(max(sizes[-1], sizes[0] * 10))

    def x(size):
        return MARGIN + (math.log10(size) - low) / (high - low) * (WIDTH - 2 * MARGIN)

    def y(ratio):
        return HEIGHT - MARGIN - ratio / top * (HEIGHT - 2 * MARGIN)

    def text(at_x, at_y, words, anchor="middle", colour="#333"):
        words = xml.sax.saxutils.escape(words)
        return f'<text x="{at_x:.0f}" y="{at_y:.0f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    def line(points, colour, width=1, dash=""):
        places = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>'

    parts = [line([(MARGIN, y(level)), (WIDTH - MARGIN, y(level))], "#ddd") for level in (0, 0.5, 1)]
    parts += [line([(MARGIN, y(0.85)), (WIDTH - MARGIN, y(0.85))], "#999", dash="4 4")]
    parts += [text(MARGIN - 8, y(level) + 4, f"{level:.0%}", "end") for level in (0, 0.5, 0.85, 1)]
    parts += [text(x(size), HEIGHT - MARGIN + 20, f"{size:,}") for size in sizes]
    parts.append(text(WIDTH / 2, HEIGHT - 12, "entries in the ledger"))
    parts.append(text(MARGIN, 24, f"Posts a second, as a share of a ledger of {SMALL:,} entries", "start"))
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number]
        parts.append(line([(x(size), y(ratio)) for size, ratio in curve], colour, 2))
        parts.append(text(MARGIN + 200 * number, 44, f"\u2014 {name}", "start", colour))
    style = 'font-family="sans-serif" font-size="12"'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>\n'
        + '<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
