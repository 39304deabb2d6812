"""Written by hand, as MLflow has no command for it: have the two newest runs the same metrics?"""

import sqlite3
import sys

store = sqlite3.connect("mlflow.db")
newest = [run for (run,) in store.execute("SELECT run_uuid FROM runs ORDER BY start_time DESC")][:2]
today, yesterday = (
    dict(store.execute("SELECT key, value FROM latest_metrics WHERE run_uuid = ?", [run]))
    for run in newest
)
print("same" if today == yesterday else f"differs: {today} {yesterday}")
sys.exit(today != yesterday)
