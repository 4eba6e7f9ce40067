"""The texts that the technique classifier is trained and scored on, each with what is known of it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mesh.kit.ports import Embedder
from training.overlap import Shingles, plain, shingles

# ATT&CK 17 merged a technique that TRAM still tells apart; its examples are the merged one's.
SPANS = "tram_single_label_dev.csv"
REPORTS = "tram_multi_label_reconstructed_dev.csv.gz"
OFFICE = "office"
TRAM_NAMES = {"T1574.001": "T1574.002"}
# A technique that TRAM does not know needs this many procedure examples to be learnt.
FEWEST = 20
# What an MSP's own people do every day, in words that reports use for attackers.
WHO = (
    "Our technician",
    "The engineer on call",
    "The client's office manager",
    "Anna",
    "The new colleague",
    "The user",
)
ADMINISTRATION = (
    "created a scheduled task that starts the report tool every morning.",
    "connected by remote desktop to fix the printer.",
    "installed PowerShell 7 and the latest updates.",
    "ran a PowerShell script that checks the free disk space.",
    "downloaded the invoice from the portal.",
    "changed the registry setting that hides the search bar, as the vendor advises.",
    "logged on with the new password after the VPN client was installed.",
    "set the wallpaper of all PCs by group policy.",
    "uploaded the contract to the shared folder of the client.",
    "deleted old files from the desktop to free space.",
    "restarted the service of the label printer.",
    "enabled encryption of the laptop's disk with BitLocker.",
    "uses the API of the ticket system to close old tickets.",
    "took a screenshot of the error and attached it to the ticket.",
    "reset the password of a locked account.",
    "added the new starter to the administrators of the test server.",
    "moved the mailbox to another server at the weekend.",
    "was asked to install the remote support tool before the call.",
)
PLACES = ("", "On Monday morning, ", "After the migration, ", "As agreed in the ticket, ")
SYSTEMS = (
    "The backup server",
    "The new laptop",
    "Our mail gateway",
    "The printer",
    "The ticket system",
    "Your licence",
)
EVENTS = (
    "was updated on Friday and restarted without errors.",
    "will be replaced next week by our engineer.",
    "is slow since this morning, please have a look.",
    "needs more storage before the end of the quarter.",
    "was installed by the client and works as expected.",
    "is covered by the service contract until March.",
    "sends a monthly report to the office manager.",
    "has finished the scheduled backup, all files were verified.",
)


@dataclass(frozen=True)
class Rows:
    """Texts; for each its techniques (none: nothing is shown), its report, and its embedding once made."""

    texts: tuple[str, ...]
    labels: tuple[frozenset[str], ...]
    reports: tuple[str, ...]
    vectors: NDArray[np.float32]

    def take(self, chosen: NDArray[np.bool_]) -> "Rows":
        """The chosen rows, in their order."""
        places = np.flatnonzero(chosen)
        return Rows(
            tuple(self.texts[i] for i in places),
            tuple(self.labels[i] for i in places),
            tuple(self.reports[i] for i in places),
            self.vectors[places],
        )

    def shingles(self) -> list[Shingles]:
        """Of every text."""
        return [shingles(text) for text in self.texts]


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows, one part after the other."""
    return Rows(
        tuple(text for part in parts for text in part.texts),
        tuple(label for part in parts for label in part.labels),
        tuple(report for part in parts for report in part.reports),
        np.vstack([part.vectors for part in parts]),
    )


def spans(file: Path, embedder: Embedder) -> Rows:
    """The sentences of a file that show a technique.

    Its form is that of TRAM's single-label file (text, label, doc_title), of TRAM's other files (text,
    labels joined by a bar) or of the procedure examples (text, technique_id). Raises ValueError for others.
    """
    frame = pd.read_csv(file, keep_default_na=False, dtype=str)
    column = next((name for name in ("label", "labels_50", "labels", "technique_id") if name in frame), None)
    if column is None or "text" not in frame:
        raise ValueError(f"{file} has no form that techniques are scored on")
    frame = frame[frame[column] != ""]
    labels = [{TRAM_NAMES.get(label, label) for label in each.split("|")} for each in frame[column]]
    titles = frame.doc_title if "doc_title" in frame else [""] * len(frame)
    return _rows(frame.text, labels, titles, embedder)


def procedures(area: Path, known: frozenset[str], embedder: Embedder) -> Rows:
    """ATT&CK's procedure examples of the known techniques, and of all that have FEWEST of them."""
    frame = pd.read_csv(area / "attack_procedure_examples_v18_1.csv.gz", keep_default_na=False)
    frame["label"] = frame.technique_id.replace(TRAM_NAMES)
    many = frame.groupby("label").text.transform("count") >= FEWEST
    frame = frame[many | frame.label.isin(known)]
    return _rows(frame.text, [{label} for label in frame.label], [""] * len(frame), embedder)


def reports(area: Path, embedder: Embedder) -> Rows:
    """Every sentence of TRAM's reports, most of them without a technique."""
    frame = pd.read_csv(area / REPORTS, keep_default_na=False)
    labels = [set(filter(None, each.split("|"))) for each in frame.labels]
    return _rows(frame.text, labels, frame.doc_title, embedder)


def benign(data: Path, embedder: Embedder) -> Rows:
    """Texts of other matters: messages, tweets, bank questions, security controls, office sentences."""
    messages = pd.read_csv(data / "threat" / "sms_spam_dev.csv", keep_default_na=False)
    tweets = pd.read_csv(data / "sentiment" / "vader_tweets.csv.gz", keep_default_na=False)
    questions = pd.read_csv(data / "nlp" / "banking77_train.csv.gz", keep_default_na=False)
    controls = pd.read_csv(
        data / "compliance" / "nist_800_53_r5_baseline_controls.csv.gz", keep_default_na=False
    )
    office = [f"{system} {event}" for system in SYSTEMS for event in EVENTS]
    office += [f"{place}{who} {deed}" for place in PLACES for who in WHO for deed in ADMINISTRATION]
    sources: dict[str, list[str]] = {
        "messages": list(messages.text[messages.label == "ham"]),
        "tweets": list(tweets.text),
        "questions": list(questions.text[::3]),
        "controls": [part for text in controls.statement for part in text.split("\n") if len(part) > 20],
        OFFICE: office,
    }
    parts = [
        _rows(texts, [set()] * len(texts), [name] * len(texts), embedder) for name, texts in sources.items()
    ]
    return joined(parts)


def _rows(
    texts: Iterable[str], labels: Iterable[Iterable[str]], reports: Iterable[str], embedder: Embedder
) -> Rows:
    clean = tuple(plain(text) for text in texts)
    return Rows(clean, tuple(map(frozenset, labels)), tuple(reports), embedder.embed(clean))


class Remembering:
    """An embedder that keeps what it embedded in a folder, for repeated runs."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the embedder itself."""
        mark = hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:16]
        file = self._folder / f"{mark}.npy"
        if not file.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(file, self._embedder.embed(texts))
        held: NDArray[np.float32] = np.load(file)
        return held
