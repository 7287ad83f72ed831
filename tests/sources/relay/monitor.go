package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"
)

// What the relay tells of itself: the old endpoint, which says nothing of load, and metrics, which say how many
// requests are in flight. And the clients of a healthy relay, more and more of them.

var inFlight atomic.Int64

func counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inFlight.Add(1)
		defer inFlight.Add(-1)
		next.ServeHTTP(w, r)
	})
}

// The old endpoint: compact, integers, whole MiB, and a status that never changes.
func health(w http.ResponseWriter, _ *http.Request) {
	type memory struct {
		Alloc      uint64 `json:"alloc_mb"`
		TotalAlloc uint64 `json:"total_alloc_mb"`
		Sys        uint64 `json:"sys_mb"`
		NumGC      uint32 `json:"num_gc"`
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(struct {
		Status     string `json:"status"`
		Goroutines int    `json:"goroutines"`
		Memory     memory `json:"memory"`
	}{"ok", runtime.NumGoroutine(), memory{now.Alloc >> 20, now.TotalAlloc >> 20, now.Sys >> 20, now.NumGC}})
}

func metrics(w http.ResponseWriter, _ *http.Request) {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, line := range []struct {
		name, kind string
		value      float64
	}{
		{"go_goroutines", "gauge", float64(runtime.NumGoroutine())},
		{"go_memstats_alloc_bytes", "gauge", float64(now.Alloc)},
		{"go_memstats_alloc_bytes_total", "counter", float64(now.TotalAlloc)},
		{"go_memstats_sys_bytes", "gauge", float64(now.Sys)},
		{"http_requests_in_flight", "gauge", float64(inFlight.Load())},
	} {
		_, _ = fmt.Fprintf(w, "# TYPE %s %s\n%s %g\n", line.name, line.kind, line.name, line.value)
	}
}

func monitor() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/monitor/health", health)
	routes.HandleFunc("GET /metrics", metrics)
	return routes
}

// patient reads its stream to the end.
func patient(address string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.WriteString(connection, "POST /good HTTP/1.1\r\nHost: relay\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	_, _ = io.Copy(io.Discard, connection)
}

// busier sends patient clients at random moments, at a rate that rises from one to another in a time and then stays.
func busier(address string, from, to float64, in time.Duration) {
	start := time.Now()
	for {
		share := min(1, time.Since(start).Seconds()/max(1, in.Seconds()))
		rate := from + (to-from)*share
		time.Sleep(time.Duration(rand.ExpFloat64() / rate * float64(time.Second)))
		go patient(address)
	}
}
