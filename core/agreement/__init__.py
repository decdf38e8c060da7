"""How far annotators agree with each other, said of the items and not of the sides they saw."""

from core.agreement.bands import BANDS, PUBLISHED, Band, PublishedFigure, Standing, agreement_bands
from core.agreement.coefficients import Coefficient, Scale, Weighing
from core.agreement.cohen import PairKappas, pair_kappas
from core.agreement.groups import GroupAgreement, Interval, agreement_by_group
from core.agreement.leaving_out import Without, agreement_without
from core.agreement.measuring import Agreement, AgreementReport, measure_agreement
from core.agreement.ratings import CODES, Ratings

__all__ = [
    "BANDS",
    "CODES",
    "PUBLISHED",
    "Agreement",
    "AgreementReport",
    "Band",
    "Coefficient",
    "GroupAgreement",
    "Interval",
    "PairKappas",
    "PublishedFigure",
    "Ratings",
    "Scale",
    "Standing",
    "Weighing",
    "Without",
    "agreement_bands",
    "agreement_by_group",
    "agreement_without",
    "measure_agreement",
    "pair_kappas",
]
