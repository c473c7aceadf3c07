#!/usr/bin/env python3
# Copyright the pop3 authors.
# Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
"""plot.py DATA.json OUT.svg - messages per second by round trip time, drawn with nothing but Python.

DATA: {"title": ..., "series": [{"name": ..., "points": [[rtt_ms, messages_per_second], ...]}, ...]}
"""
import json
import math
import sys
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 160, 50, 60
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]  # told apart by people who see red and green alike
MARKS = ["circle", "square", "diamond", "circle"]
DASHES = ["", "", ' stroke-dasharray="7 6"', ""]  # two clients that wait for each reply lie on one line


def position(rtt):
    """In decades. A logarithm knows no zero: it has a place of its own, left of 1."""
    return math.log10(rtt) if rtt else -0.5


def amount(value):
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.2g}"


def mark(shape, x, y, colour):
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
    return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"{turn}/>'


def apart(places, least=30):
    """Labels at about these heights that do not overlap."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    result = list(places)
    for before, i in zip(order, order[1:]):
        result[i] = max(result[i], result[before] + least)
    return result


def draw(data):
    series = [s for s in data["series"] if s["points"]]
    rates = [rate for s in series for _, rate in s["points"]]
    rtts = sorted({rtt for s in series for rtt, _ in s["points"]})
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    first, last = position(rtts[0]), position(rtts[-1])
    x = lambda rtt: LEFT + (position(rtt) - first) / (last - first) * (WIDTH - LEFT - RIGHT)
    y = lambda rate: TOP + (high - math.log10(rate)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="13" fill="#222">',
           f'<title>{escape(data["title"])}</title>',
           f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>',
           f'<text x="{LEFT}" y="28" font-size="15" font-weight="bold">{escape(data["title"])}</text>']
    for power in range(low, high + 1):
        at = y(10 ** power)
        out.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10 ** power:,}</text>')
    for rtt in rtts:
        at = x(rtt)
        out.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>'
                   f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{rtt:g}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">'
               'round trip time, ms (0: loopback as it is)</text>')
    labels = apart([y(s["points"][-1][1]) for s in series])
    for i, s in enumerate(series):
        colour, points = COLOURS[i % len(COLOURS)], [(x(rtt), y(rate)) for rtt, rate in s["points"]]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"'
                   f'{DASHES[i % len(DASHES)]}/>')
        out += [mark(MARKS[i % len(MARKS)], px, py, colour) for px, py in points]
        first_rate, last_rate = s["points"][0][1], s["points"][-1][1]
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{labels[i] + 4:.1f}" fill="{colour}" font-weight="bold">'
                   f'{escape(s["name"])}<tspan x="{WIDTH - RIGHT + 12}" dy="14" font-size="11" font-weight="normal">'
                   f'{amount(first_rate)}/s to {amount(last_rate)}/s</tspan></text>')
    return "\n".join(out + ["</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    with open(sys.argv[1]) as source:
        picture = draw(json.load(source))
    with open(sys.argv[2], "w") as target:
        target.write(picture)
