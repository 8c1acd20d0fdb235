"""The sum behind a saving as a workbook that reckons: change a figure the council gave, and every line below follows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from exclusion.costs import Worked
from exclusion.costs.sums import GONE
from exclusion.export.files import FORMULA, undated

FILE = "savings.xlsx"
_HEAD = ("line", "what", "how", "unit", "least saved", "most saved")
_SHAPE = {"pounds a year": "#,##0", "pounds a contact": "#,##0.00", "contacts a year": "#,##0", "share, 0 to 1": "0.00", GONE: "0.00"}
_SIGNS = str.maketrans({"×": "*", "−": "-", "÷": "/"})


def savings_workbook(sums: Mapping[str, Sequence[Worked]]) -> bytes:
    """One sheet with the sum of each way in that closes; lines that are sums are formulas on the lines above.

    Parameters
    ----------
    sums
        What each is called, such as "Blue Badge online: Blue Badge", and its sums as :func:`exclusion.costs.worked` gives them.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("savings")
    for letter, width in zip("ABCDEF", (6, 58, 52, 18, 14, 14), strict=True):
        sheet.column_dimensions[letter].width = width
    bold = Font(bold=True)

    def cell(value: object, *, strong: bool = False, shape: str = "") -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, value=f"'{value}" if isinstance(value, str) and not shape and value.startswith(FORMULA) else value)
        if strong:
            made.font = bold
        if shape:
            made.number_format = shape
        return made

    row = 0
    for title, several in sums.items():
        for one in several:
            sheet.append([cell(f"{title}: {one.names['way']}", strong=True)])
            sheet.append([cell(name, strong=True) for name in _HEAD])
            row += 2
            at = {line.id: row + number for number, line in enumerate(one.lines, start=1)}
            for number, line in enumerate(one.lines, start=1):
                shape = _SHAPE.get(line.unit, "General")
                values: list[object] = [one.least[line.id], one.most[line.id]]
                if line.sum:
                    values = [_formula(one.on(line, {name: f"{letter}{place}" for name, place in at.items()})) for letter in "EF"]
                made = [cell(value, shape=shape, strong=line.id == "net") for value in values]
                sheet.append([number, cell(one.what(line), strong=line.id == "net"), cell(one.how(line)), cell(line.unit), *made])
            sheet.append([])
            row += len(one.lines) + 1
    buffer = io.BytesIO()
    book.save(buffer)
    return undated(buffer.getvalue())


def _formula(sum_: str) -> str:
    written = sum_.translate(_SIGNS)
    # Where nobody moves there is no such share: a blank, not an error that spreads.
    return f'=IFERROR({written},"")' if "/" in written else f"={written}"
