"""Rows of the comparison: medians over rounds, ratios of pairs that ran one after the other, bars."""

import statistics


class Row:
    """One figure of each side, a value a round. `None` is a round whose window had a failed request."""

    def __init__(self, part, what, unit, sides, bars=()):
        self.part, self.what, self.unit, self.sides = part, what, unit, sides
        # (side, bound): watertight must be at most so many times that side; a side of None is an absolute bound.
        self.bars = list(bars)

    def median(self, side):
        values = [value for value in self.sides.get(side, []) if value is not None]
        return statistics.median(values) if values else None

    def ratio(self, side, of="watertight"):
        """Median, least and most of the rounds' own ratios."""
        pairs = zip(self.sides.get(of, []), self.sides.get(side, []))
        ratios = [mine / other for mine, other in pairs if mine is not None and other]
        return (statistics.median(ratios), min(ratios), max(ratios)) if ratios else None

    def held(self):
        """Each bar: its text, and whether it is met; nothing where it could not be measured."""
        for side, bound in self.bars:
            found = self.ratio(side) if side else (self.median("watertight"),) * 3
            if found and found[0] is not None:
                unit = f" x {side}" if side else f" {self.unit}"
                yield f"at most {bound:g}{unit}", found[0] <= bound

    def data(self):
        return {
            "part": self.part, "what": self.what, "unit": self.unit, "values": self.sides,
            "medians": {side: self.median(side) for side in self.sides},
            "ratios": {side: self.ratio(side) for side in self.sides if side != "watertight"},
            "bars": [{"bar": bar, "met": met} for bar, met in self.held()],
        }


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(rows):
    sides = list(dict.fromkeys(side for row in rows for side in row.sides))
    lines = ["| | " + " | ".join([*sides, *(f"/ {side}" for side in sides if side != "watertight"), "bar"]) + " |"]
    lines.append("|---" * (len(sides) * 2 + 1) + "|")
    part = None
    for row in rows:
        if row.part != part:
            part = row.part
            lines.append(f"| **{part}** |" + " |" * (len(sides) * 2))
        cells = [f"{row.what}, {row.unit}", *(number(row.median(side)) for side in sides)]
        for side in sides:
            if side == "watertight":
                continue
            found = row.ratio(side) if row.sides.get("watertight") else None
            cells.append(f"{found[0]:.2f} ({found[1]:.2f}–{found[2]:.2f})" if found else "")
        cells.append("; ".join(f"{bar}: {'met' if met else '**not met**'}" for bar, met in row.held()))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
