"""Writes a recording as `watertight record` does: generate.py FILE SEED ROWS [LEVEL]. The same seed gives the same."""

import random
import sys
import time

HEADER = (
    "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,total_alloc_bytes,sys_bytes,rss_bytes,num_gc,"
    "threads,open_fds,in_flight,upstream_open,requests_total,overdue,start_time,explained,streams\n"
)
START = 1_764_547_200  # 2025-12-01, midnight
MIB = 1 << 20


def main():
    path, seed, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    level = int(sys.argv[4]) if len(sys.argv) > 4 else 800
    # One float a row is enough to be random, and half as slow as five.
    draw = random.Random(seed).random
    noise, requests, allocated = 0.0, 0, 5 << 30
    with open(path, "w") as out:
        out.write(HEADER)
        lines = []
        for i in range(rows):
            at, u = START + i * 5, draw()
            if i % 720 == 0:
                hour = time.strftime("%Y-%m-%dT%H", time.gmtime(at))
            bits = int(u * (1 << 40))
            noise = 0.8 * noise + 40 * (u - 0.5)
            load = 90 + bits % 21
            explained, alloc = 2 * load, 180 * MIB + (bits >> 5) % (40 * MIB)
            requests += 5 * load
            allocated += load * 200_000 + bits % 100_000
            ts = f"{hour}:{at // 60 % 60:02}:{at % 60:02}.{bits % 1000:03}Z,{i * 5}.{bits % 7:03},{i}"
            if bits % 9973 == 0:
                lines.append(f"{ts},0,timeout,,,,,,,,,,,,,,,,,\n")
            else:
                lines.append(
                    f"{ts},1,,{1 + u:.1f},ok,{level + int(noise) + explained},{alloc},{allocated},{400 * MIB},"
                    f"{300 * MIB + (bits >> 9) % MIB * 4096 % (20 * MIB)},{i // 6},9,{load + 30},{load},{load},"
                    f"{requests},0,{START - 86400},{explained},{load}\n"
                )
            if len(lines) == 10_000:
                out.writelines(lines)
                lines.clear()
        out.writelines(lines)


main()
