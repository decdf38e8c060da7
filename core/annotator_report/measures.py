"""What is measured of an annotator."""

from enum import StrEnum


class Measure(StrEnum):
    """One figure of an annotator."""

    OTHERS = "agreement with the others"
    CONSENSUS = "agreement with what others say of the items"
    MODEL = "scale in the model"
    GOLD = "gold answered right"
    SELF_CONSISTENCY = "same answer to repeats"
    SIDE = "left chosen"
    STREAK = "longest streak"
    TURNS = "runs of one side, over expected"
    ENTROPY = "entropy of answers"
    SECONDS = "median time in seconds"
    PACE = "median time over reading time"
    TOO_FAST = "too fast to have read"
    RUSHED = "below a third of own median time"
    DRIFT = "agreement, later half minus earlier"
