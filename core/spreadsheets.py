"""What a spreadsheet does to text in a CSV file, and how to keep it from doing so."""

#: How spreadsheets recognise a formula; full-width signs count in some languages. The apostrophe
#: is among them so that taking one away gives back every text exactly.
FORMULA_BEGINS = "=+-@\t\r\n＝＋－＠'"


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: such text gets an apostrophe in front."""
    return "'" + text if text.startswith(tuple(FORMULA_BEGINS)) else text
