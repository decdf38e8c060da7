"""P-values in words, in one way everywhere."""

import math

#: Three decimals: enough to see on which side of any usual level a p-value lies.
DECIMALS = 3


def said_p(p: float | None) -> str:
    """Return ".032", "< .001" or "> .999": exact to three decimals, no digits beyond [1]_.

    Parameters
    ----------
    p : float or None
        None and nan: not tested, an empty text.

    References
    ----------
    .. [1] American Psychological Association, "Publication manual", 7th edition 2020, section
       6.36: exact p-values to two or three decimals, smaller ones as "< .001", and no zero before
       the point of what cannot exceed 1.
    """
    if p is None or math.isnan(p):
        return ""
    least = 10.0**-DECIMALS
    if p < least:
        return f"< {least:.{DECIMALS}f}".replace("0.", ".")
    if p > 1 - least:
        return f"> {1 - least:.{DECIMALS}f}".replace("0.", ".")
    return f"{p:.{DECIMALS}f}".removeprefix("0")


def p_is(p: float | None) -> str:
    """Return "p = .032" or "p < .001"; an empty text where nothing was tested."""
    said = said_p(p)
    if not said:
        return ""
    return f"p {said}" if said[0] in "<>" else f"p = {said}"
