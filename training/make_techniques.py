"""Makes models/techniques: the classifier of ATT&CK techniques, with its card.

    python -m training.make_techniques --home HOME [--cache FOLDER] [--target FOLDER]

The embedding model must be in HOME/models (any first start of the mesh puts it there); the data are those
that evals/data.py finds. Deterministic: the same data and versions give the same bytes. With --cache, the
embeddings of the training texts are kept there for the next run.
"""

import argparse
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from evals.data import ROOT, area
from evals.techniques import of_benign, of_reports, of_spans
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.store import Card, ModelStore, standard_folders
from mesh.agents.threat_intelligence.techniques import FILE, MODEL
from mesh.kit.ports import Embedder
from training.technique_folds import held_out, questions, whole_reports
from training.technique_rows import SPANS, Remembering, benign, procedures, reports, spans
from training.techniques import calibrate, fit, fit_questions, write

SOURCES = (
    "TRAM single-label and multi-label sentences (Center for Threat-Informed Defense, Apache-2.0); procedure "
    "examples of ATT&CK 18.1 ((c) 2025 The MITRE Corporation, reproduced and distributed with the permission "
    "of The MITRE Corporation); as texts without a technique: SMS Spam Collection (UCI), tweets of "
    "vaderSentiment (MIT), BANKING77 (CC BY 4.0, PolyAI), NIST SP 800-53 revision 5 (public domain)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--target", type=Path, default=ROOT / "models" / MODEL)
    options = parser.parse_args()
    data = area("threat")
    if data is None:
        sys.exit("the training data are not here; set MESH_DATA to their folder")
    embedder: Embedder = OnnxEmbedder(ModelStore(standard_folders(options.home)))
    make(data, Remembering(embedder, options.cache) if options.cache else embedder, options.target)


def make(data: Path, embedder: Embedder, target: Path) -> None:
    """Scores and calibrates on folds, fits on everything, writes."""
    marked = spans(data / SPANS, embedder)
    known = frozenset[str]().union(*marked.labels)
    examples = procedures(data, known, embedder)
    read, other = reports(data, embedder), benign(data.parent, embedder)
    held = held_out(marked, examples, read, other, whole_reports(data), print)
    tuned = calibrate(held.classifier, held.reports, read)
    figures = [
        *of_spans(tuned, held.spans, marked),
        *of_reports(tuned, held.reports, read),
        of_benign(tuned, held.benign, other),
    ]
    for figure in figures:
        print(f"{figure.measure:60} {figure.value:.4f}")
    print(f"curve {tuned.curve}, threshold {tuned.threshold:.2f}, cut {tuned.promising_from:.3f}")
    ranker = fit(marked, examples)
    last = fit_questions(ranker, questions(ranker, read, examples, other))
    assert last.labels == tuned.labels
    last = replace(last, curve=tuned.curve, threshold=tuned.threshold, promising_from=tuned.promising_from)
    tools = ("numpy", "scipy", "scikit-learn")
    write(
        last,
        Card(
            name=MODEL,
            version="2",
            file=FILE,
            sha256="",
            source=SOURCES,
            licence="weights under the licences of their sources, named there",
            built_with="training/make_techniques.py, "
            + ", ".join(f"{tool} {version(tool)}" for tool in tools),
            scores={figure.measure: round(float(figure.value or 0), 4) for figure in figures},
        ),
        target,
    )


if __name__ == "__main__":
    main()
