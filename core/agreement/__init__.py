"""How far annotators agree with each other, said of the items and not of the sides they saw."""

from core.agreement.bands import BANDS, PUBLISHED, Band, PublishedFigure, Standing, agreement_bands
from core.agreement.coefficients import Coefficient, Scale, Weighing
from core.agreement.cohen import PairKappas, pair_kappas
from core.agreement.measuring import (
    Agreement,
    AgreementReport,
    GroupAgreement,
    agreement_by_group,
    measure_agreement,
)
from core.agreement.nominal import alpha_of_counts, krippendorff_alpha, raw_agreement
from core.agreement.ratings import CODES, Ratings, counts_of_matrix

__all__ = [
    "BANDS",
    "CODES",
    "PUBLISHED",
    "Agreement",
    "AgreementReport",
    "Band",
    "Coefficient",
    "GroupAgreement",
    "PairKappas",
    "PublishedFigure",
    "Ratings",
    "Scale",
    "Standing",
    "Weighing",
    "agreement_bands",
    "agreement_by_group",
    "alpha_of_counts",
    "counts_of_matrix",
    "krippendorff_alpha",
    "measure_agreement",
    "pair_kappas",
    "raw_agreement",
]
