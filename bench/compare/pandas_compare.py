"""What `watertight compare` tells of two recordings, as one would write it with pandas: pandas_compare.py A B"""

import sys

import numpy as np
import pandas as pd

METRICS = ["goroutines", "alloc_bytes", "rss_bytes", "open_fds", "threads", "in_flight", "latency_ms"]


def side(path):
    frame = pd.read_csv(path, usecols=["ts", "ok", "explained", *METRICS])
    frame["ts"] = pd.to_datetime(frame["ts"], format="ISO8601")
    frame = frame[frame["ok"] == 1]
    frame["unexplained"] = frame["goroutines"] - frame["explained"]
    hours = (frame["ts"] - frame["ts"].iloc[0]).dt.total_seconds() / 3600
    table = frame[[*METRICS, "unexplained"]].quantile([0.25, 0.5, 0.75, 0.95, 1.0])
    slopes = {m: np.polyfit(hours, frame[m], 1)[0] for m in ["unexplained", "alloc_bytes"]}
    fifth = len(frame) // 5
    ends = frame["unexplained"].iloc[:fifth].median(), frame["unexplained"].iloc[-fifth:].median()
    return table, slopes, ends


baseline, current = side(sys.argv[1]), side(sys.argv[2])
print(pd.concat([baseline[0], current[0]], keys=["baseline", "current"]).to_string())
print(baseline[1:], current[1:])
grown = current[0].loc[0.5, "unexplained"] / baseline[0].loc[0.5, "unexplained"] - 1
sys.exit(2 if grown > 0.2 else 0)
