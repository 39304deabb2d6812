"""The example by hand, a step for each argument: ingest, feature, train, evaluate."""

import json
import pickle
import sys
from pathlib import Path

import pandas as pd
import yaml
from shares import share
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score, log_loss

OUT = Path("out")
KNOWN = yaml.safe_load(Path("params.yaml").read_text())


def ingest() -> None:
    """Put the files of the folder into one table."""
    parts = [pd.read_csv(path) for path in sorted(Path("raw").glob("*.csv"))]
    rows = pd.concat(parts).drop_duplicates("sample_id", keep="last").sort_values("sample_id")
    rows.to_parquet(OUT / "samples.parquet", index=False)


def feature() -> None:
    """Add a ratio and the split."""
    rows = pd.read_parquet(OUT / "samples.parquet")
    rows["flavanoid_share"] = share(rows["flavanoids"], rows["total_phenols"])
    rows["is_test"] = rows.index % 4 == 0
    rows.to_parquet(OUT / "features.parquet", index=False)


def _parts(is_test: bool) -> tuple[pd.DataFrame, pd.Series]:
    rows = pd.read_parquet(OUT / "features.parquet")
    rows = rows[rows["is_test"] == is_test]
    return rows.drop(columns=["sample_id", "cultivar", "is_test"]), rows["cultivar"]


def train() -> None:
    """Fit the forest."""
    forest = RandomForestClassifier(KNOWN["trees"], random_state=KNOWN["seed"], n_jobs=1)
    (OUT / "model.pkl").write_bytes(pickle.dumps(forest.fit(*_parts(is_test=False))))


def evaluate() -> None:
    """Predict and score."""
    model = pickle.loads((OUT / "model.pkl").read_bytes())
    rows, truth = _parts(is_test=True)
    found, chances = model.predict(rows), model.predict_proba(rows)
    pd.DataFrame({"found": found}).to_parquet(OUT / "predictions.parquet", index=False)
    scores = {
        "accuracy": accuracy_score(truth, found),
        "macro_f1": f1_score(truth, found, average="macro"),
        "log_loss": log_loss(truth, chances),
    }
    (OUT / "metrics.json").write_text(json.dumps(scores, indent=1))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for step in sys.argv[1:]:
        globals()[step]()
