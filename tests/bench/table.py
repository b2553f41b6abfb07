"""The table that the bench prints: sections of rows, each a figure of the node's and its peer's."""

HEAD = ("", "camnode", "peer", "ratio", "target", "peer is")
LEFT, RIGHT = str.ljust, str.rjust
ALIGN = (LEFT, RIGHT, RIGHT, RIGHT, LEFT, LEFT)


class Table:
    def __init__(self):
        self.lines = []  # titles as texts, rows as tuples of cells

    def section(self, title):
        self.lines.append(title)

    def row(self, what, pattern, own, peer=None, peer_is="", target=None):
        """`pattern` formats both values, such as "{:.1f} ms"; `target`: (its text, was it met)."""
        self.lines.append((
            what, pattern.format(own), "" if peer is None else pattern.format(peer),
            f"{own / peer:.2f}" if peer else "",
            f"{target[0]}: {'met' if target[1] else 'MISSED'}" if target else "", peer_is))

    def __str__(self):
        rows = [HEAD, *(line for line in self.lines if isinstance(line, tuple))]
        widths = [max(map(len, column)) for column in zip(*rows)]
        text = []
        for line in [HEAD, *self.lines]:
            if isinstance(line, str):
                text += ["", line]
            else:
                cells = [align(cell, width) for align, cell, width in zip(ALIGN, line, widths)]
                text.append("  ".join(cells).rstrip())
        return "\n".join(text)
