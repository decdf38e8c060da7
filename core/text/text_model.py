"""A fitted model of texts: the encoder, the features, both heads, and where it knows its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DiscernError
from core.judgment import Floats
from core.text import model as feature_model
from core.text import tfidf
from core.text.features import FeatureMap, distances, is_far
from core.text.model import FeatureModel, Prediction
from core.text.tfidf import Tfidf

#: How an encoder is used: none at hand (TF-IDF), as it is, or changed by the judgments.
Mode = Literal["tfidf", "frozen", "full", "lora"]


class EncoderNotHereError(DiscernError):
    """The encoder is a network, which runs in the trainer only."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The features of this model come from the encoder {name!r}, which does not run in "
            "this process. Encode the text with the trainer, and give its encoding."
        )


@dataclass(frozen=True, slots=True, eq=False)
class NewItems:
    """What a text model says of items that nobody judged; all shape (n,).

    Attributes
    ----------
    strength : Prediction
        Nats; 0 is the average judged item of the prompt. The variance contains what items of the
        same features differ by.
    win_probability : ndarray
        Against the average judged item of the prompt, given that it is no tie.
    low, high : ndarray
        Ends of its 95 % interval.
    distance : ndarray
        To the nearest judged items.
    far : ndarray of bool
        Whether that is more than 99 % of the judged items have: the prediction then rests on
        what the model believes of texts that it has never seen the like of.
    """

    strength: Prediction
    win_probability: Floats
    low: Floats
    high: Floats
    distance: Floats
    far: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TextModel:
    """Both heads on the same features of the same texts.

    Attributes
    ----------
    mode : str
    encoder : str
        What was used, in words or as a path or name.
    tfidf : Tfidf or None
        The encoder itself, where it needs no network.
    map : FeatureMap
        Of the encoder's output, or of its first columns.
    places : FeatureMap or None
        Of the other columns, where texts are compared with each other by something else than
        what the heads read; None: by the same.
    known : ndarray, shape (n_compared, n_places)
        Where the judged items lie.
    far_limit : float
        The distance to the nearest judged items beyond which an item is far.
    bradley_terry, general : FeatureModel
    """

    mode: Mode
    encoder: str
    tfidf: Tfidf | None
    map: FeatureMap
    places: FeatureMap | None
    known: Floats
    far_limit: float
    bradley_terry: FeatureModel
    general: FeatureModel

    def predict(
        self, texts: Sequence[str], prompt: int | None = None, encoded: Floats | None = None
    ) -> NewItems:
        """Say what can be expected of new items.

        Parameters
        ----------
        prompt : int or None
            Number of the prompt that the items answer; None: compare with all judged items.
        encoded : ndarray or None, shape (n, n_raw)
            What the encoder says of the texts; None: it is TF-IDF, which runs here.

        Raises
        ------
        EncoderNotHereError
            If the encoder is a network and `encoded` is missing.
        """
        outside = None
        if encoded is None:
            if self.tfidf is None:
                raise EncoderNotHereError(self.encoder)
            encoded, outside = self.tfidf.encode(texts)
        n_read = len(self.map.centre)
        features = self.map.features(encoded[:, :n_read], texts)
        places = self.map if self.places is None else self.places
        rest = encoded if self.places is None else encoded[:, n_read:]
        outside = places.outside(rest) if outside is None else outside
        distance = distances(places.places(rest), outside, self.known)
        strength = self.bradley_terry.strength_of_new(features, prompt)
        low, high = strength.probability_interval()
        return NewItems(
            strength=strength,
            win_probability=strength.probability(self.bradley_terry.tie_log_weight),
            low=low,
            high=high,
            distance=distance,
            far=is_far(distance, self.far_limit),
        )


_MAP = ("centre", "directions", "unit", "length_centre", "length_scale", "n_strengths")


def to_arrays(model: TextModel) -> dict[str, NDArray[Any]]:
    """Say a model in arrays that load without pickle."""
    arrays: dict[str, NDArray[Any]] = {
        "mode": np.array(model.mode),
        "encoder": np.array(model.encoder),
        "far_limit": np.array(model.far_limit),
    }
    arrays["known"] = model.known
    arrays |= {f"map.{name}": np.array(getattr(model.map, name)) for name in _MAP}
    if model.places is not None:
        arrays |= {f"places.{name}": np.array(getattr(model.places, name)) for name in _MAP}
    for name in ("bradley_terry", "general"):
        said = feature_model.to_arrays(getattr(model, name))
        arrays |= {f"{name}.{key}": values for key, values in said.items()}
    if model.tfidf is not None:
        arrays |= {f"tfidf.{key}": values for key, values in tfidf.to_arrays(model.tfidf).items()}
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> TextModel:
    """Read what `to_arrays` has said.

    Raises
    ------
    KeyError, ValueError
        If an array is missing or the mode is none of ours.
    """
    mode = str(arrays["mode"])
    if mode not in {"tfidf", "frozen", "full", "lora"}:
        raise ValueError(f"Not a text model of this product: mode {mode!r}.")
    return TextModel(
        mode=mode,  # type: ignore[arg-type]  # checked above
        encoder=str(arrays["encoder"]),
        tfidf=tfidf.from_arrays(_part(arrays, "tfidf.")) if mode == "tfidf" else None,
        map=_map(_part(arrays, "map.")),
        places=_map(_part(arrays, "places.")) if "places.centre" in arrays else None,
        known=arrays["known"],
        far_limit=float(arrays["far_limit"]),
        bradley_terry=feature_model.from_arrays(_part(arrays, "bradley_terry.")),
        general=feature_model.from_arrays(_part(arrays, "general.")),
    )


def _map(arrays: Mapping[str, NDArray[Any]]) -> FeatureMap:
    unit, centre, scale = (float(arrays[name]) for name in _MAP[2:5])
    n_strengths = int(arrays["n_strengths"])
    return FeatureMap(arrays["centre"], arrays["directions"], unit, centre, scale, n_strengths)


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
